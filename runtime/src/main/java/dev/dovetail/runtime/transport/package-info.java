/** Wires between ranks: threads of one process, or processes over local sockets. */
package dev.dovetail.runtime.transport;
