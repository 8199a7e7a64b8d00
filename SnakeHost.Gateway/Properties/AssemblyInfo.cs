using System.Runtime.CompilerServices;

// All native signatures are blittable: with this the JIT calls straight into the interpreter, without a marshalling stub.
[assembly: DisableRuntimeMarshalling]
