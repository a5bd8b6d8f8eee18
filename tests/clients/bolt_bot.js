// A Bolt app in Socket Mode: it acknowledges a command, posts a message and uploads a file.
const { App } = require("@slack/bolt");

const { env } = JSON.parse(process.argv[2]);

async function main() {
  const app = new App({
    token: env.SLACK_BOT_TOKEN,
    appToken: env.SLACK_APP_TOKEN,
    socketMode: true,
    clientOptions: { slackApiUrl: env.SLACK_API_URL },
    logLevel: "error",
  });
  app.command("/imagine", async ({ command, ack, respond, client }) => {
    await ack();
    await respond("thinking");
    await client.filesUploadV2({ channel_id: command.channel_id, filename: "a.txt", content: "content" });
    await client.chat.postMessage({ channel: command.channel_id, text: "answered by Bolt" });
    await app.stop();
    process.exit(0);
  });
  await app.start();
  console.log("ready");
}

main();
