/**
 * What a spec means: names, units, imports, the shipped catalog and Hugging Face configs. The one package that sees both
 * the syntax tree and the nouns of {@code ir}; every noun keeps the place that declares it.
 */
package dev.dovetail.grammar.resolve;
