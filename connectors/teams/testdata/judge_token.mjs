// What Microsoft's own package says of tokens: botframework-connector, pointed to
// the keys of the test. On standard input comes {appID, tenant, callers, clouds,
// rows}, on standard output goes one {ok, error} for each row.
import { createRequire } from "node:module";
import { join } from "node:path";

// Standard output is for results alone.
for (const level of ["log", "info", "debug", "warn", "error"]) console[level] = () => {};
const require = createRequire(join(process.env.NODE, "package.json"));
const {
  AuthenticationConfiguration,
  PasswordServiceClientCredentialFactory,
  allowedCallersClaimsValidator,
} = require("botframework-connector");
const {
  ParameterizedBotFrameworkAuthentication,
} = require("botframework-connector/lib/auth/parameterizedBotFrameworkAuthentication.js");

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { appID, tenant, callers, clouds, rows } = JSON.parse(input);

const judges = {};
for (const [name, cloud] of Object.entries(clouds)) {
  judges[name] = new ParameterizedBotFrameworkAuthentication(
    true,
    "https://login.microsoftonline.com/" + tenant,
    "https://api.botframework.com",
    cloud.issuer,
    "https://token.botframework.com",
    cloud.metadata,
    cloud.entra,
    "",
    new PasswordServiceClientCredentialFactory(appID, "unused", tenant),
    // Callers other than the app itself are let in by this list alone.
    new AuthenticationConfiguration([], allowedCallersClaimsValidator(callers), cloud.issuers),
    undefined,
    {}
  );
}

const results = [];
for (const row of rows) {
  try {
    const result = await judges[row.cloud].authenticateRequest(row.activity, row.header);
    results.push({ ok: result.claimsIdentity.isAuthenticated === true, error: "" });
  } catch (err) {
    results.push({ ok: false, error: String(err && err.message) });
  }
}
process.stdout.write(JSON.stringify(results));
