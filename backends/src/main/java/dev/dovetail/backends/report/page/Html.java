package dev.dovetail.backends.report.page;

/** Writes HTML; text and attributes are escaped, and an element ends where its content does. */
final class Html {
    private final StringBuilder out = new StringBuilder();

    /** Attributes come as name, value, name, value; an empty value writes the bare name. */
    Html element(String tag, String[] attributes, Runnable content) {
        open(tag, attributes);
        content.run();
        out.append("</").append(tag).append('>');
        return this;
    }

    Html element(String tag, Runnable content) {
        return element(tag, with(), content);
    }

    Html element(String tag, String[] attributes, String text) {
        return element(tag, attributes, () -> text(text));
    }

    Html element(String tag, String text) {
        return element(tag, with(), text);
    }

    /** An element on a line of its own, so that the page's source can be read. */
    Html block(String tag, String[] attributes, Runnable content) {
        out.append('\n');
        element(tag, attributes, content);
        return this;
    }

    /** An element that has no content, such as {@code <meta>}. */
    Html lone(String tag, String... attributes) {
        open(tag, attributes);
        return this;
    }

    Html text(String text) {
        out.append(escaped(text));
        return this;
    }

    /** Text that is markup, or a script, already. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    static String[] with(String... attributes) {
        return attributes;
    }

    private void open(String tag, String[] attributes) {
        if (attributes.length % 2 != 0) {
            throw new IllegalArgumentException("an attribute of <" + tag + "> lacks its value");
        }
        out.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]);
            if (!attributes[i + 1].isEmpty()) {
                out.append("=\"").append(escaped(attributes[i + 1])).append('"');
            }
        }
        out.append('>');
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
