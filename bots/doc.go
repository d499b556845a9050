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
// The package imports storage and nothing else of Amtsbote. Connectors and
// skills import this package and never one another.
package bots
