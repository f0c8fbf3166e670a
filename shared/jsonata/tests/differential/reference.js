// Evaluates one case a line with the reference, and answers with one line each. A thread of its own evaluates, so that it
// can be given up where the reference never ends.
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { isMainThread, parentPort, Worker } = require('worker_threads');

const MAX_MILLIS = 5000;

// The clock stands still, and chance always takes the middle, as on the other side.
const NOW = 1700000000000;
globalThis.Date = class extends Date {
    constructor(...parts) {
        if (parts.length === 0) super(NOW); else super(...parts);
    }
};
Math.random = () => 0.5;

const jsonata = require(process.env.JSONATA_JS);

const isFunction = value =>
    typeof value === 'function' || value && (value._jsonata_lambda === true || value._jsonata_function === true);
const hasFunction = value =>
    isFunction(value) || value && typeof value === 'object' && Object.values(value).some(hasFunction);

// Functions of the reference remember how they were called last, even in another evaluation: they are made to forget.
const names = `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim
    pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs
    sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each
    error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent
    decodeUrl eval toMillis fromMillis clone`.split(/\s+/);
let natives = [];

// An evaluation that takes very many steps is given up.
const MAX_STEPS = 100000;

async function evaluate({ expr, input, bindings }) {
    let steps = 0;
    try {
        const expression = jsonata(expr);
        expression.assign(Symbol.for('jsonata.__evaluate_entry'), () => {
            steps += 1;
            if (steps > MAX_STEPS) throw new Error('too many steps');
        });
        const result = await expression.evaluate(input, bindings);
        if (steps > MAX_STEPS) return { gaveUp: true };
        if (result === undefined) return { undefined: true };
        if (hasFunction(result)) return { function: true };
        return { result };
    } catch (error) {
        if (steps > MAX_STEPS) return { gaveUp: true };
        const { code, message, position, token } = error;
        return { error: { code, message: String(message), position, token } };
    }
}

// They are no part of the module's interface, so they are read from its source.
function templates() {
    const source = fs.readFileSync(path.join(process.env.JSONATA_JS, 'jsonata.js'), 'utf8');
    const table = source.slice(source.indexOf('var errorCodes = {') + 'var errorCodes = '.length);
    return new Function(`return ${table.slice(0, table.indexOf('};'))}}`)();
}

async function answer(line) {
    const question = JSON.parse(line);
    natives.forEach(native => { delete native.token; delete native.position; });
    return JSON.stringify(question.templates ? templates() : await evaluate(question));
}

async function work() {
    natives = await Promise.all(names.map(name => jsonata('$' + name).evaluate(null)));
    parentPort.on('message', async line => parentPort.postMessage(await answer(line)));
}

async function serve() {
    let worker = new Worker(__filename);
    for await (const line of readline.createInterface({ input: process.stdin })) {
        let timer;
        const answered = new Promise(resolve => worker.once('message', resolve));
        const late = new Promise(resolve => { timer = setTimeout(resolve, MAX_MILLIS); });
        worker.postMessage(line);
        let text = await Promise.race([answered, late]);
        clearTimeout(timer);
        if (text === undefined) {
            await worker.terminate();
            worker = new Worker(__filename);
            text = JSON.stringify({ gaveUp: true });
        }
        console.log(text);
    }
    await worker.terminate();
}

if (isMainThread) serve(); else work();
