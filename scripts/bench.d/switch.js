const main = async n => { for (let i = 0; i < n; i++) await null; console.log(n) }
main(200000)
