// Times the rows of a task, which comes from standard input, with the reference: microseconds of one evaluation, by the
// rule of `measure.rs`.
const jsonata = require(process.env.JSONATA_JS);

const WARM_UP = 1000, SAMPLE = 1, SAMPLES = 600;

async function measure(run) {
    let runs = 0;
    const start = performance.now();
    while (performance.now() - start < WARM_UP) {
        await run();
        runs += 1;
    }
    runs = Math.ceil(runs * SAMPLE / (performance.now() - start));
    const samples = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
        const start = performance.now();
        for (let index = 0; index < runs; index += 1) {
            await run();
        }
        samples.push((performance.now() - start) * 1000 / runs);
    }
    return samples.sort((left, right) => left - right)[SAMPLES / 10];
}

(async () => {
    const { states, rows } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
    const answers = [];
    for (const [, text] of rows) {
        const expression = jsonata(text);
        const run = () => expression.evaluate(undefined, { states });
        answers.push({ time: await measure(run), result: await run() });
    }
    console.log(JSON.stringify(answers));
})();
