// Package bots is the core of Amtsbote: it takes messages from connectors, has
// skills answer them, and gives the replies back.
//
//	connector ──Message──▶ inbox ──▶ gate ──▶ skill ──▶ outbox ──Reply──▶ connector
//
// A connector hears a message and puts it into the inbox. Only then does it
// confirm it to its server. A worker takes the message, checks that its sender
// may ask (the gate), and has one of the bot's skills answer it. In one
// transaction the message leaves the inbox and the reply enters the outbox of
// its connector. Another worker has the connector send it. Whatever fails is
// tried again later, unless it is a [Refusal]. Inbox and outbox are two uses of
// one thing, a queue in a [storage.Store].
//
// Three rules carry the promise "nothing lost, nothing answered twice, nothing
// sent to a stranger":
//
//  1. Confirm late. The server hears that a message arrived only after accept
//     returned nil.
//  2. Move in one transaction: the message is done, the conversation is kept and
//     the reply is added together or not at all.
//  3. Same ID, same effect. A reply's ID is its cause's ID and a kind; sending
//     it again must not show it twice where the network has any means.
//
// A crash at any point therefore repeats at most one model call or one sending.
//
// # Failing
//
// What fails is tried again after a growing pause: a message until a quarter of an
// hour has been spent on it, then its person gets one honest answer; a reply for a
// day, then it is set aside for the operator. Panics, wherever on the way, count
// as failures, and the second one about a message is the last. Stopping is no
// failure; nor is a store that cannot be written (a full disk): intake and work
// pause, [Runner.Ready] says why, what has been answered or sent meanwhile is held
// in hand until it can be kept, and all goes on by itself.
//
// Pauses and limits are sums of time spent, or are counted together with the
// number of tries, so that a clock which jumps ends nothing and prolongs nothing.
//
// # Too much at once
//
// What a person waits for goes before mail, mail before a backlog; within each the
// senders take turns. Only an eighth of the workers does a backlog, so that a slow
// model never keeps the others from who asks meanwhile. The gate caps ([Quota])
// what is answered of one person, author, thread and mailbox; letters beyond a cap
// wait and are counted.
//
// # Control
//
// Stop, edit and redaction do not wait in the inbox but change what is there, in a
// transaction of their own: whoever is at work on the message finds its lease gone
// and can neither answer it nor keep anything of it. They act only in the room of
// what they speak of, and a stop only for people who may use the bot.
//
// # Rooms
//
// In a room of several people the bot is silent until it is addressed, and what is
// not addressed to it is not kept. A skill that sums up a room reads it from its
// server when it is asked ([Rooms]): only what the person who asks may read there.
//
// # Forgetting
//
// A conversation is kept for Profile.Keep after its last answer, and each of its
// turns for no longer than that after its own. What skills derive from a message
// goes with it. A watched mailbox has no conversation here: it is in the mailbox.
//
// The package imports storage and nothing else of Amtsbote. Connectors and
// skills import this package and never one another.
package bots
