/** Reads Hugging Face {@code config.json} files into the spec language: one file for each family of models. */
package dev.dovetail.grammar.resolve.huggingface;
