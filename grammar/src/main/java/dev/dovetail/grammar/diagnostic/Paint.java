package dev.dovetail.grammar.diagnostic;

/** Colours of a terminal, or none of them. */
enum Paint {
    PLAIN {
        @Override
        String style(String code, String text) {
            return text;
        }
    },
    ANSI {
        @Override
        String style(String code, String text) {
            return "\u001b[" + code + "m" + text + "\u001b[0m";
        }
    };

    abstract String style(String code, String text);

    String error(String text) {
        return style("1;31", text);
    }

    String warning(String text) {
        return style("1;33", text);
    }

    String strong(String text) {
        return style("1", text);
    }

    String frame(String text) {
        return style("34", text);
    }
}
