package dev.dovetail.runtime.memory;

import dev.dovetail.runtime.failure.JobFailure;

/** The machine has too little memory for what a plan needs. */
public final class MachineMemoryException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public MachineMemoryException(String message, String help) {
        super(message, help);
    }
}
