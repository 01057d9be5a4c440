// A small application on Express, with express-session and session-file-store.
//
// HARDENED=1 does what https://github.com/expressjs/session#readme advises for production.
"use strict";

const express = require("express");
const session = require("express-session");
const FileStore = require("session-file-store")(session);

const hardened = process.env.HARDENED === "1";
const app = express();
const options = {
  secret: "3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6",
  store: new FileStore({ path: process.env.HOME + "/sessions", logFn() {} }),
};
if (hardened) {
  process.umask(0o077);
  app.set("trust proxy", 1);
  Object.assign(options, {
    name: "id",
    resave: false,
    saveUninitialized: false,
    cookie: { secure: true, httpOnly: true, sameSite: "lax" },
  });
}
app.use(session(options));
app.use(express.urlencoded({ extended: false }));

app.post("/login", (request, response, next) => {
  const welcome = () => {
    request.session.user = request.body.user;
    response.send("welcome");
  };
  if (!hardened) return welcome();
  request.session.regenerate((error) => (error ? next(error) : welcome()));
});
app.post("/logout", (request, response, next) => {
  request.session.destroy((error) => {
    if (error) return next(error);
    if (hardened) response.clearCookie("id");
    response.send("goodbye");
  });
});
app.get("/whoami", (request, response) => {
  response.send(request.session.user || "nobody");
});
app.post("/set", (request, response) => {
  request.session.value = request.body.value;
  response.send("kept");
});
app.get("/get", (request, response) => {
  response.send(request.session.value || "");
});

app.listen(process.argv[2]);
