/** Models that come from, and go to, the files of Hugging Face: weights by the library's names, configs, tokenizers. */
package dev.dovetail.cli.exchange;
