using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Jit;

/// <summary>The int8 product kernels of a tier. All compute the same bits: sums of codes are exact, and what is behind them is computed in one order.</summary>
internal sealed unsafe class Int8Kernels
{
    private const int FlagValues = 64;
    private const int FetchValues = 4;

    private readonly KernelCache _codes = new(2 * (GemmEmitter.MaxRows + 1) * (GemmEmitter.MaxPanels + 1) * FlagValues * FetchValues);

    private readonly bool _convertsBF16;

    /// <summary>Chooses the kernels of a tier.</summary>
    public Int8Kernels(CpuTier tier)
    {
        _convertsBF16 = tier >= CpuTier.Avx512Bf16;
        AreEmitted = tier >= CpuTier.Avx512 && IsSupported && PassesSelfCheck();
    }

    /// <summary>Whether the processor has VPDPBUSD on 64-byte vectors (AVX512_VNNI): leaf 7, ECX bit 11, for which .NET has no class.</summary>
    public static bool IsSupported { get; } = CpuTier.Avx512.IsAvailable && (X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0;

    /// <summary>Whether kernels are machine code; else they are C#.</summary>
    public bool AreEmitted { get; }

    /// <summary>Whether kernels add products of operands stored in a type.</summary>
    public bool Adds(DType storage) => storage == DType.F32 || (AreEmitted && _convertsBF16);

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    /// <param name="arguments">The product.</param>
    /// <param name="rows">Rows of a tile.</param>
    /// <param name="panels">Panels of a tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="fetch">What is fetched meanwhile.</param>
    /// <param name="added">Type of the operands of the added product, one that <see cref="Adds"/>.</param>
    public void Run(Int8Arguments* arguments, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch = GemmFetch.Rows, DType added = DType.F32)
    {
        if (AreEmitted)
        {
            Invoke(arguments, rows, panels, flags, fetch, added);
        }
        else
        {
            Int8Reference.Run(arguments, rows, panels, flags);
        }
    }

    /// <summary>Runs machine code on a processor that has the instructions.</summary>
    internal void Invoke(Int8Arguments* arguments, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch = GemmFetch.Rows, DType added = DType.F32)
    {
        int type = added == DType.BF16 ? 1 : 0;
        int index = (((((type * (GemmEmitter.MaxRows + 1)) + rows) * (GemmEmitter.MaxPanels + 1)) + panels) * FlagValues) + (int)flags;
        nint code = _codes.Get((index * FetchValues) + (int)fetch, (Converts: _convertsBF16, Added: added, Rows: rows, Panels: panels, Flags: flags, Fetch: fetch), static (code, kernel) =>
            Int8GemmEmitter.Emit(code, kernel.Converts, kernel.Added, kernel.Rows, kernel.Panels, kernel.Flags, kernel.Fetch));
        ((delegate* unmanaged<Int8Arguments*, void>)code)(arguments);
    }

    /// <summary>A small product of more than one block beside the C# kernel.</summary>
    private bool PassesSelfCheck()
    {
        const int Steps = Int8Arguments.BlockSteps + 3;
        const int Columns = PanelLayout.PanelRows;
        byte* operands = stackalloc byte[Steps * PanelLayout.StepBytes];
        int* corrections = stackalloc int[2 * Columns];
        float* scales = stackalloc float[2 * Columns];
        float* expected = stackalloc float[Columns];
        float* actual = stackalloc float[Columns];
        for (int i = 0; i < Steps * PanelLayout.StepBytes; i++)
        {
            operands[i] = (byte)(i * 37 % 251);
        }

        for (int i = 0; i < 2 * Columns; i++)
        {
            corrections[i] = 1000 - (i * i);
            scales[i] = (i + 1) / 7f;
        }

        var arguments = new Int8Arguments
        {
            Product = new GemmArguments { A = operands, B = operands, Steps = Steps, C = (byte*)expected, Tiles = 1 },
            RowScales = scales,
            Corrections = corrections,
            CorrectionStride = Columns * sizeof(int),
            ColumnScales = scales,
        };
        Int8Arguments real = arguments;
        real.Product.C = (byte*)actual;
        Int8Reference.Run(&arguments, 1, 1, GemmKernelFlags.None);
        Invoke(&real, 1, 1, GemmKernelFlags.None);
        return new Span<byte>(expected, Columns * sizeof(float)).SequenceEqual(new Span<byte>(actual, Columns * sizeof(float)));
    }
}
