// Validates each NAME.manifest.json and NAME.en.json of a folder with Microsoft's
// package and the schemas it ships, and prints {file: [what is wrong]}.
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

globalThis.fetch = () => Promise.reject(new Error("a schema would be fetched"));
const require = createRequire(join(process.env.NODE, "package.json"));
const own = createRequire(require.resolve("@microsoft/app-manifest"));
const Ajv = own("ajv-draft-04").default;
const { AppManifestUtils, TeamsManifestConverter } = require("@microsoft/app-manifest");
const schemas = join(process.env.NODE, "node_modules/@microsoft/app-manifest/build/json-schemas/teams");
const newest = readdirSync(schemas)
  .filter((v) => /^v1\.\d+$/.test(v))
  .sort((a, b) => a.slice(3) - b.slice(3))
  .at(-1)
  .slice(1);

// The schema of translations has a pattern that JavaScript takes only without the flag
// "u", which the package sets: it is compiled as the package does, but for that.
async function translation(object) {
  const schema = await AppManifestUtils.fetchSchema(object.$schema);
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
  own("ajv-formats").default(ajv, ["uri"]);
  const validate = ajv.compile(schema);
  return validate(object) ? [] : validate.errors.map((e) => e.instancePath + " " + e.message + " " + JSON.stringify(e.params));
}

const verdicts = {};
for (const file of readdirSync(process.argv[2])) {
  const text = readFileSync(join(process.argv[2], file), "utf8");
  const found = (verdicts[file] = []);
  try {
    if (file.endsWith(".manifest.json")) TeamsManifestConverter.jsonToManifest(text); // by the package's types
    for (const version of ["", newest]) {
      const object = JSON.parse(text);
      if (version) {
        object.$schema = object.$schema.replace(/v1\.\d+/, "v" + version);
        if (object.manifestVersion) object.manifestVersion = version;
      }
      found.push(...(await (object.manifestVersion ? AppManifestUtils.validateAgainstSchema(object) : translation(object))));
    }
  } catch (e) {
    found.push(String(e));
  }
}
console.log(JSON.stringify(verdicts));
