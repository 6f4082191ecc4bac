package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostics;

/** What every reader of nouns needs. */
record ResolveContext(
        Diagnostics diagnostics,
        BlockReader blocks,
        Definitions definitions,
        Inheritance inheritance,
        ResolveOptions options) {}
