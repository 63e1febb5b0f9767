const bottom = async n => { for (let i = 0; i < n; i++) await null; return n }
const link = async (depth, n) => depth === 1 ? await bottom(n) : await link(depth - 1, n)
link(1, 100000).then(n => console.log(n))
