// Runs the Bot API server on the port given; says so on standard output, and ends with its standard input.
const TelegramServer = require("telegram-test-api");

const server = new TelegramServer({ host: "127.0.0.1", port: Number(process.argv[2]) });
server.start().then(() => console.log("ready"));
process.stdin.on("end", () => process.exit(0)).resume();
