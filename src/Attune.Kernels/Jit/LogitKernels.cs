namespace Attune.Kernels.Jit;

/// <summary>The soft-max of a row of bf16 logits, emitted when first asked for. For processors with AVX-512 BF16.</summary>
internal static unsafe class LogitKernels
{
    private static readonly KernelCache Codes = new(3);

    /// <summary>The largest of some numbers.</summary>
    public static float Largest(ushort* row, int count)
    {
        nint code = Codes.Get(0, 0, static (code, _) => LogitEmitter.EmitLargest(code));
        return Run(code, row, count, 0);
    }

    /// <summary>The sum of 2^(x log2(e) + shift).</summary>
    public static float Sum(ushort* row, int count, float shift)
    {
        nint code = Codes.Get(1, 0, static (code, _) => LogitEmitter.EmitSum(code));
        return Run(code, row, count, shift);
    }

    /// <summary>x = 2^(x log2(e) + shift).</summary>
    public static void Raise(ushort* row, int count, float shift)
    {
        nint code = Codes.Get(2, 0, static (code, _) => LogitEmitter.EmitPower(code));
        _ = Run(code, row, count, shift);
    }

    private static float Run(nint code, ushort* row, int count, float shift)
    {
        var arguments = new LogitArguments { Row = (byte*)row, Count = count, Shift = shift };
        ((delegate* unmanaged<LogitArguments*, void>)code)(&arguments);
        return arguments.Result;
    }
}
