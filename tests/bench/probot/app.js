// the least that a Probot app does with a delivery: it has a handler, and nothing to do
export default (app) => {
  app.on("issues", async () => {});
};
