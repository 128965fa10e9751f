namespace Attune.Kernels.Jit;

/// <summary>SwiGLU in bf16, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class SwiGluCode
{
    private static readonly KernelCache Codes = new(2);

    /// <summary>y = silu(gate) up.</summary>
    public static void Forward(SwiGluArguments* arguments) => Run(arguments, isGradient: false);

    /// <summary>dGate = dY up silu'(gate) and dUp = dY silu(gate).</summary>
    public static void Gradient(SwiGluArguments* arguments) => Run(arguments, isGradient: true);

    private static void Run(SwiGluArguments* arguments, bool isGradient)
    {
        nint code = Codes.Get(isGradient ? 1 : 0, isGradient, static (code, isGradient) => SwiGluEmitter.Emit(code, isGradient));
        ((delegate* unmanaged<SwiGluArguments*, void>)code)(arguments);
    }
}
