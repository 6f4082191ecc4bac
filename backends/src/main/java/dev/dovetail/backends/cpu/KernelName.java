package dev.dovetail.backends.cpu;

/** Where a generated class lives. */
public record KernelName(String packageName, String simpleName) {
    public String qualified() {
        return packageName.isEmpty() ? simpleName : packageName + "." + simpleName;
    }
}
