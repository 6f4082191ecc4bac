package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;

/** Every type of the runtime that generated code mentions; the only file that knows where they are. */
final class RuntimeTypes {
    private static final String RUNTIME = "dev.dovetail.runtime.";

    static final ClassName RANK_PROGRAM = ClassName.get(RUNTIME + "rank", "RankProgram");
    static final ClassName RANK_CONTEXT = ClassName.get(RUNTIME + "rank", "RankContext");
    static final ClassName GIVEN = ClassName.get(RUNTIME + "rank", "Given");
    static final ClassName STEP_INPUTS = ClassName.get(RUNTIME + "rank", "StepInputs");
    static final ClassName WORKERS = ClassName.get(RUNTIME + "rank", "Workers");
    static final ClassName ACTIVITY = ClassName.get(RUNTIME + "rank", "Activity");
    static final ClassName STATE_BLOCK = ClassName.get(RUNTIME + "rank", "StateBlock");
    static final ClassName STATE_SHARD = ClassName.get(RUNTIME + "rank", "StateShard");
    static final ClassName STATE_KIND = ClassName.get(RUNTIME + "rank", "StateKind");
    static final ClassName INITIAL = ClassName.get(RUNTIME + "rank", "Initial");
    static final ClassName ELEMENT_TYPE = ClassName.get(RUNTIME + "memory", "ElementType");
    static final ClassName MEMORY_PART = ClassName.get(RUNTIME + "memory", "MemoryPart");
    static final ClassName FAR_MEMORY = ClassName.get(RUNTIME + "memory", "FarMemory");
    static final ClassName DEVICE_MEMORY = ClassName.get(RUNTIME + "memory", "DeviceMemory");
    static final ClassName CUDA_DEVICES = ClassName.get(RUNTIME + "cuda", "CudaDevices");
    static final ClassName MEMORY_LEDGER = ClassName.get(RUNTIME + "memory", "MemoryLedger");
    static final ClassName CHUNKS = ClassName.get(RUNTIME + "collective", "Chunks");
    static final ClassName AXIS = ClassName.get(RUNTIME + "mesh", "Axis");
    static final ClassName MESH = ClassName.get(RUNTIME + "mesh", "Mesh");
    static final ClassName POSITION = ClassName.get(RUNTIME + "mesh", "Position");
    static final ClassName TRAINING_JOB = ClassName.get(RUNTIME + "train", "TrainingJob");
    static final ClassName LEARNING_RATE = ClassName.get(RUNTIME + "train", "LearningRate");
    static final ClassName PREDICTION = ClassName.get(RUNTIME + "train", "Prediction");
    static final ClassName DATA_SOURCE = ClassName.get(RUNTIME + "data", "DataSource");
    static final ClassName DECODE_PROGRAM = ClassName.get(RUNTIME + "sample", "DecodeProgram");
    static final ClassName DECODE_INPUTS = ClassName.get(RUNTIME + "sample", "DecodeInputs");
    static final ClassName DECODER = ClassName.get(RUNTIME + "sample", "Decoder");
    static final ClassName CACHED_DECODER = ClassName.get(RUNTIME + "sample", "CachedDecoder");
    static final ClassName SAMPLE_MAIN = ClassName.get(RUNTIME + "sample", "SampleMain");
    static final ClassName DENOISE_PROGRAM = ClassName.get(RUNTIME + "sample", "DenoiseProgram");
    static final ClassName DENOISE_INPUTS = ClassName.get(RUNTIME + "sample", "DenoiseInputs");
    static final ClassName DENOISER = ClassName.get(RUNTIME + "sample", "Denoiser");
    static final ClassName GENERATED_DENOISER = ClassName.get(RUNTIME + "sample", "GeneratedDenoiser");
    static final ClassName PICTURE_MAIN = ClassName.get(RUNTIME + "sample", "PictureMain");
    static final ClassName READ_PROGRAM = ClassName.get(RUNTIME + "sample", "ReadProgram");
    static final ClassName READ_INPUTS = ClassName.get(RUNTIME + "sample", "ReadInputs");
    static final ClassName READ_PASS = ClassName.get(RUNTIME + "sample", "ReadPass");
    static final ClassName FILLER_MAIN = ClassName.get(RUNTIME + "sample", "FillerMain");
    static final ClassName READER_MAIN = ClassName.get(RUNTIME + "sample", "ReaderMain");
    static final ClassName SHOWN_PICTURE_SOURCE = ClassName.get(RUNTIME + "data", "ShownPictureSource");
    static final ClassName HIDDEN_TEXT_SOURCE = ClassName.get(RUNTIME + "data", "HiddenTextSource");
    static final ClassName MASKING = ClassName.get(RUNTIME + "data", "Hiding", "Masking");
    static final ClassName SPAN_CORRUPTION = ClassName.get(RUNTIME + "data", "Hiding", "SpanCorruption");
    static final ClassName TELLING = ClassName.get(RUNTIME + "data", "Telling");
    static final ClassName PICTURE_SOURCE = ClassName.get(RUNTIME + "data", "PictureSource");
    static final ClassName PICTURE_FILE = ClassName.get(RUNTIME + "data", "PictureFile");
    static final ClassName PICTURE_SHAPE = ClassName.get(RUNTIME + "data", "PictureShape");
    static final ClassName NOISING = ClassName.get(RUNTIME + "data", "Noising");
    static final ClassName JDK_LICENCES = ClassName.get(RUNTIME + "data", "JdkLicences");
    static final ClassName JDK_SOURCE = ClassName.get(RUNTIME + "data", "JdkSource");
    static final ClassName TEXT_FILE = ClassName.get(RUNTIME + "data", "TextFile");
    static final ClassName JOB_MAIN = ClassName.get(RUNTIME + "train", "JobMain");
    static final ClassName JVM_RESTART = ClassName.get(RUNTIME + "jvm", "JvmRestart");
    static final ClassName VECTOR_MODULE = ClassName.get(RUNTIME + "jvm", "VectorModule");

    private RuntimeTypes() {}
}
