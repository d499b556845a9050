// A Matrix client that is none of ours: matrix-js-sdk with its Rust crypto, as
// Element has it. client.go starts this program once for a test's server; it
// hosts several clients. On standard input comes a command a line,
// {id, client, cmd, args}; on standard output goes one {id, result} or
// {id, error, errcode} for each, and {client, push, …} for what happens.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

// Standard output is for results alone; what the libraries chat about is dropped.
for (const level of ["log", "info", "debug", "trace"]) console[level] = () => {};
for (const level of ["warn", "error"]) {
  console[level] = (...what) => process.stderr.write(level + ": " + what.map(String).join(" ").slice(0, 2000) + "\n");
}
const require = createRequire(join(process.env.NODE, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { IDBFactory } = require("fake-indexeddb");
require("fake-indexeddb/auto");
const attachments = require("matrix-encrypt-attachment");
const sdk = await load("matrix-js-sdk");
const { logger } = await load("matrix-js-sdk/lib/logger.js");
const cryptoApi = await load("matrix-js-sdk/lib/crypto-api/index.js");
const { decodeRecoveryKey } = await load("matrix-js-sdk/lib/crypto-api/recovery-key.js");
logger.setLevel("warn", false);

const clients = new Map(); // by the name that the test's side has given
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

// A Session is one device of one person: what a client keeps over a restart.
class Session {
  constructor(name, opts) {
    this.name = name;
    this.opts = opts;
    this.databases = new IDBFactory();
  }

  push(push, what) { say({ client: this.name, push, ...what }); }

  async login() {
    const { url, user, password } = this.opts;
    const anonymous = sdk.createClient({ baseUrl: url, logger });
    const login = await anonymous.loginRequest({ type: "m.login.password", identifier: { type: "m.id.user", user }, password, initial_device_display_name: "matrix-js-sdk" });
    Object.assign(this, { userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token });
  }

  async start() {
    const { url, onlySigned, recoveryKey } = this.opts;
    if (recoveryKey && !this.secret) this.secret = decodeRecoveryKey(recoveryKey);
    this.client = sdk.createClient({
      baseUrl: url, userId: this.userId, deviceId: this.deviceId, accessToken: this.accessToken, logger,
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => this.secret ? [this.secretId ?? Object.keys(keys)[0], this.secret] : null,
        cacheSecretStorageKey: (id, _, key) => { this.secretId = id; this.secret = key; },
      },
    });
    await this.openCrypto();
    if (onlySigned) this.client.getCrypto().setDeviceIsolationMode(new cryptoApi.OnlySignedDevicesIsolationMode());
    this.listen();
    const synced = this.until(() => this.client.isInitialSyncComplete());
    await this.client.startClient({ initialSyncLimit: 100 });
    await synced;
    if (this.opts.crossSigning || recoveryKey) await this.crossSign();
  }

  // openCrypto opens the crypto store, which takes the databases that are global
  // at that moment: one client after another.
  openCrypto() {
    const open = async () => {
      globalThis.indexedDB = this.databases;
      await this.client.initRustCrypto({ useIndexedDB: true });
    };
    return (Session.opening = Session.opening.then(open, open));
  }
  static opening = Promise.resolve();

  async crossSign() {
    const crypto = this.client.getCrypto();
    const auth = async (send) => {
      try {
        return await send(null);
      } catch (err) {
        if (err.httpStatus !== 401) throw err;
        return await send({ type: "m.login.password", identifier: { type: "m.id.user", user: this.userId }, password: this.opts.password, session: err.data?.session });
      }
    };
    await crypto.userHasCrossSigningKeys(this.userId, true); // asks the server, without which keys cannot be imported
    if (!(await this.client.secretStorage.hasKey())) {
      await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: auth });
      await crypto.bootstrapSecretStorage({
        createSecretStorageKey: async () => {
          const key = await crypto.createRecoveryKeyFromPassphrase();
          this.recoveryKey = key.encodedPrivateKey;
          this.secret = key.privateKey;
          return key;
        },
      });
    } else {
      await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: auth });
    }
    await crypto.crossSignDevice(this.deviceId);
    // A device counts as signed once the server has said so.
    await this.until(async () => (await crypto.getDeviceVerificationStatus(this.userId, this.deviceId))?.signedByOwner, "crypto.devicesUpdated");
  }

  // until waits for a condition, which is looked at after each sync and each of
  // the events named.
  until(condition, ...events) {
    const client = this.client;
    return new Promise((resolve, reject) => {
      const done = (finish, value) => { for (const e of ["sync", ...events]) client.off(e, check); finish(value); };
      const check = async () => {
        try {
          const value = await condition();
          if (value) done(resolve, value);
        } catch (err) { done(reject, err); }
      };
      for (const e of ["sync", ...events]) client.on(e, check);
      check();
    });
  }

  listen() {
    const c = this.client;
    const event = (e, front = false) => {
      if (!e?.getId() || e.getId().startsWith("~")) return; // the server does not have it yet
      this.push("event", { room: e.getRoomId(), front, event: describe(e) });
    };
    c.on("Room.timeline", (e, room, toStart, removed) => { if (!removed) event(e, toStart); });
    c.on("Room.localEchoUpdated", (e) => event(e));
    c.on("Event.decrypted", (e) => { if (c.getRoom(e.getRoomId())?.findEventById(e.getId())) event(e); });
    c.on("Event.replaced", (e) => event(e));
    c.on("Room.redaction", (e, room) => event(room.findEventById(e.event.redacts ?? e.getContent().redacts)));
    c.on("Room.myMembership", (room, membership) => this.push("membership", { room: room.roomId, user: this.userId, membership }));
    c.on("RoomState.members", (_, state, m) => this.push("membership", { room: m.roomId, user: m.userId, membership: m.membership }));
    c.on("RoomMember.typing", (_, m) => this.push("typing", { room: m.roomId, user: m.userId, typing: m.typing }));
    c.on("Room.receipt", (e, room) => {
      for (const [id, types] of Object.entries(e.getContent())) {
        for (const [type, users] of Object.entries(types)) {
          for (const user of Object.keys(users)) this.push("receipt", { room: room.roomId, event_id: id, type, user });
        }
      }
    });
    c.on("crypto.devicesUpdated", (users) => this.push("devices", { users }));
    c.on("userTrustStatusChanged", (user) => this.push("devices", { users: [user] }));
    c.on("sync", (state, _, data) => { if (data?.error) console.warn("sync", state, data.error); });
    c.on("Session.logged_out", () => this.push("logged_out", {}));
  }
}

// describe says what a person would see of an event, and how it came.
function describe(e) {
  const wire = e.getWireContent();
  return {
    event_id: e.getId(), room_id: e.getRoomId(), sender: e.getSender(), type: e.getType(), ts: e.getTs(),
    state_key: e.isState() ? e.getStateKey() : undefined,
    content: e.getContent(),
    original: e.replacingEventId() ? e.getOriginalContent() : undefined,
    encrypted: e.isEncrypted(), wire_type: e.getWireType(),
    decryption_failure: e.isDecryptionFailure(), failure: e.decryptionFailureReason ?? undefined,
    redacted: e.isRedacted(), edited: Boolean(e.replacingEventId()),
    relates_to: wire["m.relates_to"] ?? e.getOriginalContent()["m.relates_to"],
    redacts: e.event.redacts ?? undefined,
  };
}

const commands = {
  async new(_, args, name) {
    const s = new Session(name, args);
    await s.login();
    clients.set(name, s);
    await s.start();
    return { user_id: s.userId, device_id: s.deviceId, recovery_key: s.recoveryKey ?? args.recoveryKey };
  },

  async stop(s, { logout }) {
    if (logout) await s.client.logout(true);
    s.client.stopClient();
  },

  async restart(s) {
    s.client.stopClient();
    await s.start();
  },

  // retry has the client look at once whether the server is back.
  retry(s) { s.client.retryImmediately(); },

  async create(s, args) {
    const state = [];
    if (args.encrypted) state.push({ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } });
    const { room_id } = await s.client.createRoom({
      preset: args.preset || (args.direct ? "trusted_private_chat" : "private_chat"), is_direct: args.direct, invite: args.invite ?? [],
      name: args.name || undefined, room_version: args.version || undefined, topic: args.topic || undefined,
      power_level_content_override: args.powerLevels ?? undefined, initial_state: [...state, ...(args.state ?? [])],
    });
    if (args.direct) {
      const known = s.client.getAccountData("m.direct")?.getContent() ?? {};
      const content = { ...known };
      for (const user of args.invite ?? []) content[user] = [...(known[user] ?? []), room_id];
      await s.client.setAccountData("m.direct", content);
    }
    await commands.ready(s, { room: room_id, encrypted: args.encrypted });
    // Who is not known to be invited gets no key of what is written next.
    await s.until(() => (args.invite ?? []).every((user) => s.client.getRoom(room_id).getMember(user)?.membership), "RoomState.members");
    return room_id;
  },

  // ready waits until the client has seen that it is in a room.
  ready: (s, { room, encrypted }) => s.until(async () =>
    s.client.getRoom(room)?.getMyMembership() === "join" && (!encrypted || await s.client.getCrypto().isEncryptionEnabledInRoom(room))),

  async join(s, { room, via }) {
    const { roomId } = await s.client.joinRoom(room, { viaServers: via ?? [] });
    await commands.ready(s, { room: roomId });
    await s.until(() => s.client.getRoom(roomId).currentState.getStateEvents("m.room.create", ""));
    return roomId;
  },
  // invited waits until somebody has invited the client into a room.
  invited: (s) => s.until(() => s.client.getRooms().find((r) => r.getMyMembership() === "invite")?.roomId, "Room.myMembership"),
  invite: (s, { room, user }) => s.client.invite(room, user),
  leave: (s, { room }) => s.client.leave(room),
  kick: (s, { room, user, reason }) => s.client.kick(room, user, reason),

  async send(s, { room, type, content }) {
    // What is written before the devices of all who are there are known, these cannot
    // read: the client asks for them beside everything else, and does not wait.
    await s.client.getCrypto().outgoingRequestsManager.doProcessOutgoingRequests();
    return (await s.client.sendEvent(room, null, type, content)).event_id;
  },
  async redact(s, { room, event, reason }) {
    return (await s.client.redactEvent(room, event, undefined, { reason })).event_id;
  },
  async state(s, { room, type, key, content }) {
    return (await s.client.sendStateEvent(room, type, content, key)).event_id;
  },
  getState: (s, { room, type, key }) => s.client.getStateEvent(room, type, key),
  async upgrade(s, { room, version }) {
    const { replacement_room } = await s.client.upgradeRoom(room, version);
    await commands.ready(s, { room: replacement_room });
    return replacement_room;
  },
  typing: (s, { room, on }) => s.client.sendTyping(room, on, 30000),
  displayName: (s, { name }) => s.client.setDisplayName(name),
  newSession: (s, { room }) => s.client.getCrypto().forceDiscardSession(room),
  async read(s, { room, event }) {
    await s.client.sendReadReceipt(s.client.getRoom(room).findEventById(event));
  },

  async upload(s, { room, name, mime, data }) {
    const bytes = Buffer.from(data, "base64");
    if (!(await s.client.getCrypto().isEncryptionEnabledInRoom(room))) {
      return { url: (await s.client.uploadContent(bytes, { type: mime, name })).content_uri };
    }
    const { data: sealed, info } = await attachments.encryptAttachment(bytes);
    const { content_uri } = await s.client.uploadContent(Buffer.from(sealed), { type: "application/octet-stream", includeFilename: false });
    return { file: { ...info, url: content_uri } };
  },

  async download(s, { file, url }) {
    const address = s.client.mxcUrlToHttp(file?.url ?? url, undefined, undefined, undefined, false, true, true);
    const reply = await fetch(address, { headers: { Authorization: "Bearer " + s.accessToken } });
    if (!reply.ok) throw new Error("download: " + reply.status + " " + await reply.text());
    const bytes = await reply.arrayBuffer();
    return Buffer.from(file ? await attachments.decryptAttachment(bytes, file) : bytes).toString("base64");
  },

  async scrollback(s, { room, limit }) {
    await s.client.scrollback(s.client.getRoom(room), limit);
  },

  async trust(s, { user }) {
    const crypto = s.client.getCrypto();
    const devices = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
    const all = [];
    for (const [id, device] of devices) {
      const status = await crypto.getDeviceVerificationStatus(user, id);
      all.push({ device_id: id, name: device.displayName, signed: Boolean(status?.signedByOwner), verified: Boolean(status?.isVerified()) });
    }
    return { cross_signing: await crypto.userHasCrossSigningKeys(user, true), devices: all };
  },

  async shield(s, { room, event }) {
    const info = await s.client.getCrypto().getEncryptionInfoForEvent(s.client.getRoom(room).findEventById(event));
    const colours = ["none", "grey", "red"];
    return info ? { colour: colours[info.shieldColour], reason: info.shieldReason } : null;
  },
};

async function run(line) {
  const { id, client, cmd, args } = JSON.parse(line);
  try {
    const session = clients.get(client);
    if (!session && cmd !== "new") throw new Error("no client " + client);
    say({ id, result: (await commands[cmd](session, args ?? {}, client)) ?? null });
  } catch (err) {
    console.warn(cmd, err?.stack ?? err);
    say({ id, error: String(err?.message ?? err), errcode: err?.errcode, status: err?.httpStatus });
  }
}

process.on("unhandledRejection", (err) => console.error("unhandled:", err?.stack ?? err));
const lines = createInterface({ input: process.stdin });
lines.on("line", run);
lines.on("close", () => process.exit(0));
say({ push: "ready" });
