package dev.dovetail.grammar.resolve.huggingface;

/** Models that share a meaning of their config's fields. */
interface Family {
    /** The entries of a model block that say what the config says. */
    ModelText read(ConfigFields config);
}
