const sleeper = async () => { await new Promise(done => setTimeout(done, 1000)); return 1 }
const main = async () => {
  const tasks = []
  for (let i = 0; i < 1000000; i++) tasks.push(sleeper())
  let total = 0
  for (const task of tasks) total += await task
  console.log(total)
}
main()
