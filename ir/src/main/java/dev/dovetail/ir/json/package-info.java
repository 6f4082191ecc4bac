/** JSON forms of graphs, decisions and programs; each top-level object carries {@code "schema": 1}, and keys only grow. */
package dev.dovetail.ir.json;
