namespace Attune.Kernels.Jit;

/// <summary>Kernels for the soft-max of attention whose products are made in bf16, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class SoftmaxKernels
{
    private const int Masked = 0;
    private const int Unmasked = 1;
    private const int Forward = 2;
    private static readonly KernelCache Codes = new(3);

    /// <summary>Makes scores weights.</summary>
    public static void Weigh(WeightArguments* arguments)
    {
        nint code = Codes.Get(Forward, 0, static (code, _) => WeightEmitter.Emit(code));
        ((delegate* unmanaged<WeightArguments*, void>)code)(arguments);
    }

    /// <summary>Makes products weights and gradients of the products.</summary>
    /// <param name="masked">Whether some query does not see some key.</param>
    /// <param name="arguments">Where everything lies; changed.</param>
    public static void Gradient(bool masked, ScoreGradientArguments* arguments)
    {
        nint code = Codes.Get(masked ? Masked : Unmasked, masked, static (code, masked) => ScoreGradientEmitter.Emit(code, masked));
        ((delegate* unmanaged<ScoreGradientArguments*, void>)code)(arguments);
    }
}
