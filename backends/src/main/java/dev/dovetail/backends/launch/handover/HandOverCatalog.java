package dev.dovetail.backends.launch.handover;

import java.util.List;

/** Every system a plan can be handed over to: a new one is its file and a line here. */
public record HandOverCatalog(List<HandOver> targets) {

    public HandOverCatalog {
        targets = List.copyOf(targets);
    }

    public static HandOverCatalog standard() {
        return new HandOverCatalog(
                List.of(new MegatronLm(), new MegatronBridge(), new TorchTitan(), new DeepSpeed(), new Calculon()));
    }
}
