using Attune.Kernels.Cpu;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>Kernels for products of few rows with weights of few bits, emitted when first asked for.</summary>
internal sealed class BlockProductKernels
{
    private const int Formats = 8;
    private const int FlagValues = 64;

    private readonly GemmKernels _products;
    private readonly bool _pairs;
    private readonly KernelCache _codes;

    /// <summary>The kernels of a tier.</summary>
    /// <param name="products">Its other products.</param>
    /// <param name="storage">F32, or BF16 for pairs, which takes AVX-512 BF16: how rows of x are held.</param>
    public BlockProductKernels(GemmKernels products, DType storage)
    {
        CpuTier tier = products.Tier;
        _products = products;
        _pairs = storage == DType.BF16;
        MaxRows = _pairs ? BlockProductEmitter.MaxRows
            : tier == CpuTier.Portable ? PortableBlockProduct.MaxRows
            : BlockProductF32Emitter.MaxRows(panelVectors: tier == CpuTier.Avx2 ? 2 : 1);
        _codes = new KernelCache(Formats * MaxRows * FlagValues);
    }

    /// <summary>Most rows of a kernel.</summary>
    public int MaxRows { get; }

    /// <summary>Whether there are kernels for codes of so many bits.</summary>
    public bool Supports(int bits) => _pairs ? BlockProductEmitter.Supports(bits) : bits is 4 or 8;

    /// <summary>Bytes of a block of x.</summary>
    public int RecordBytes(int rows) => _pairs ? BlockRecords.Bytes(rows) : BlockRecordsF32.Bytes(rows);

    /// <summary>Writes a row, in the type that rows are held in, to the records of its blocks.</summary>
    /// <param name="numbers">The row.</param>
    /// <param name="records">The first block's.</param>
    /// <param name="blocks">Blocks of the row.</param>
    /// <param name="rows">Rows of the records.</param>
    /// <param name="row">Which of them this is.</param>
    /// <param name="format">Of the weight.</param>
    public unsafe void WriteRecords(byte* numbers, byte* records, int blocks, int rows, int row, BlockFormat format)
    {
        if (_pairs)
        {
            BlockRecords.Write(numbers, records, blocks, rows, row, format);
        }
        else
        {
            BlockRecordsF32.Write((float*)numbers, records, blocks, rows, row, format);
        }
    }

    /// <summary>The kernel for rows x 16 columns.</summary>
    /// <param name="format">How the weight is stored.</param>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="flags">What becomes of the sums.</param>
    public BlockKernel Get(BlockFormat format, int rows, GemmKernelFlags flags)
    {
        GemmKernelFlags emulated = (flags & ~GemmKernels.EmittedFlags(_products.Tier)) == 0 ? GemmKernelFlags.None : flags;
        if (_products.Tier == CpuTier.Portable)
        {
            return new BlockKernel(0, format, rows, emulated);
        }

        if (emulated != GemmKernelFlags.None)
        {
            flags = GemmKernelFlags.None;
        }

        int formatIndex = (format.Bits == 8 ? 1 : 0) | (format.HasOffsets ? 2 : 0) | (format.Scales == DType.F32 ? 4 : 0);
        int index = (((formatIndex * MaxRows) + rows - 1) * FlagValues) + (int)flags;
        nint code = _codes.Get(index, (Kernels: this, Format: format, Rows: rows, Flags: flags), static (code, kernel) =>
        {
            if (kernel.Kernels._pairs)
            {
                BlockProductEmitter.Emit(code, kernel.Format, kernel.Rows, kernel.Flags);
            }
            else
            {
                BlockProductF32Emitter.Emit(code, kernel.Kernels._products.CreateVectors(code, DType.F32), kernel.Format, kernel.Rows, kernel.Flags);
            }
        });
        return new BlockKernel(code, format, rows, emulated);
    }
}
