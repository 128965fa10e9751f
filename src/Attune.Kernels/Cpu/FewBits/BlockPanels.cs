using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>A weight [N, K] of few bits in panels of 16 of its rows, in as many bytes as in its file.</summary>
/// <remarks>
/// A panel is K / 32 blocks, each of 16 scales, 16 offsets if there are any, and the codes of 16 rows by 32 in lines of 64 bytes, 4 bytes of each row. Of 4 bits these are 8 steps along K: the
/// even ones in the lower half-word, the odd ones in the upper. Of 8 bits they are 4 steps, in the order 0, 2, 1, 3. Thus the same shift and mask of both half-words give neighbours along K.
/// </remarks>
internal sealed unsafe class BlockPanels : PackedMatrix
{
    private const int Block = BlockFormat.BlockElements;
    private const int LineBytes = 64;

    /// <summary>How far ahead memory is fetched where the processor alone would start anew at every page.</summary>
    private const int BytesAhead = 4096;

    private readonly AlignedBuffer _memory;

    public BlockPanels(int rows, int columns, BlockFormat format, DType precision, bool roundsRows = false)
        : base(rows, columns, precision, PackUse.Forward)
    {
        Format = format;
        RoundsRows = roundsRows;
        Panels = PanelLayout.PanelsOf(rows);
        PanelBytes = (nint)Blocks * BlockBytes(format);
        _memory = new AlignedBuffer(Panels * (long)PanelBytes);
    }

    public BlockFormat Format { get; }

    /// <summary>Whether products of more rows than read the codes round those rows to int8, see <see cref="BlockInt8Products"/>.</summary>
    public override bool RoundsRows { get; }

    public int Panels { get; }

    public int Blocks => Columns / Block;

    /// <summary>Bytes from a panel to the next.</summary>
    public nint PanelBytes { get; }

    /// <inheritdoc/>
    public override long Bytes => _memory.Bytes;

    /// <inheritdoc/>
    public override long BytesPerProduct => Bytes;

    /// <summary>Bytes of a block of 16 rows.</summary>
    public static int BlockBytes(BlockFormat format) => CodesOffset(format) + (format.Bits * LineBytes);

    /// <summary>Where the codes of a block begin, behind its scales and offsets.</summary>
    public static int CodesOffset(BlockFormat format) => ScaleBytes(format) * (format.HasOffsets ? 2 : 1);

    /// <summary>The scales of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadScales(byte* block, BlockFormat format) => Load(block, format.Scales);

    /// <summary>The offsets of a block, if the format has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadOffsets(byte* block, BlockFormat format) => Load(block + ScaleBytes(format), format.Scales);

    /// <summary>First byte of a panel.</summary>
    public byte* Panel(int index) => _memory.Pointer + (index * PanelBytes);

    /// <summary>Fills a panel.</summary>
    [MethodImpl(Compile.Loop)]
    public void Pack(IBlockMatrix source, int panel)
    {
        int first = panel * PanelLayout.PanelRows;
        int rows = Math.Min(PanelLayout.PanelRows, Rows - first);
        byte[] codes = ArrayPool<byte>.Shared.Rent(rows * Columns);
        float[] factors = ArrayPool<float>.Shared.Rent(2 * rows * Blocks);
        Span<float> scales = factors.AsSpan(0, rows * Blocks);
        Span<float> offsets = factors.AsSpan(rows * Blocks, rows * Blocks);
        source.ReadRows(first, codes.AsSpan(0, rows * Columns), scales, offsets);
        new Span<byte>(Panel(panel), checked((int)PanelBytes)).Clear();
        for (int row = 0; row < rows; row++)
        {
            for (int block = 0; block < Blocks; block++)
            {
                byte* target = Panel(panel) + (block * (nint)BlockBytes(Format));
                PackedElements.Write(target, Format.Scales, row, scales[(row * Blocks) + block]);
                if (Format.HasOffsets)
                {
                    PackedElements.Write(target, Format.Scales, PanelLayout.PanelRows + row, offsets[(row * Blocks) + block]);
                }

                PackCodes(codes.AsSpan((row * Columns) + (block * Block), Block), Format.Bits, (uint*)(target + CodesOffset(Format)) + row);
            }
        }

        ArrayPool<byte>.Shared.Return(codes);
        ArrayPool<float>.Shared.Return(factors);
    }

    /// <summary>Writes a panel as one of numbers: <see cref="PackedPanels"/> tells how they lie.</summary>
    [MethodImpl(Compile.Loop)]
    public void Widen(int panel, byte* target, PanelLayout layout)
    {
        byte* source = Panel(panel);
        int linePairs = 32 / 2 / Format.Bits;
        for (int block = 0; block < Blocks; block++, source += BlockBytes(Format))
        {
            Vector512<float> scale = LoadScales(source, Format);
            Vector512<float> offset = Format.HasOffsets ? LoadOffsets(source, Format) : Vector512<float>.Zero;
            byte* line = source + CodesOffset(Format);
            for (int i = 0; i < Format.Bits; i++, line += LineBytes)
            {
                Vector512<uint> codes = Vector512.Load((uint*)line);
                for (int pair = 0; pair < linePairs; pair++, codes >>>= Format.Bits)
                {
                    Vector512<uint> even = Number(codes, scale, offset);
                    Vector512<uint> odd = Number(codes >>> 16, scale, offset);
                    if (layout.Precision == DType.BF16)
                    {
                        even = Rounded(even);
                        odd = Rounded(odd);
                    }

                    if (layout.Storage == DType.BF16)
                    {
                        ((even >>> 16) | odd).Store((uint*)target);
                    }
                    else
                    {
                        even.Store((uint*)target);
                        target += LineBytes;
                        odd.Store((uint*)target);
                    }

                    target += LineBytes;
                }
            }
        }
    }

    /// <summary>Writes a panel as bytes with scales and offsets in single precision, see <see cref="BlockInt8Layout"/>: codes in the order in which a mask of bytes leaves them.</summary>
    [MethodImpl(Compile.Loop)]
    public void ToInt8(int panel, byte* target)
    {
        byte* source = Panel(panel);
        int targetBytes = BlockInt8Layout.PanelBytes(Format.HasOffsets);
        for (int block = 0; block < Blocks; block++, source += BlockBytes(Format), target += targetBytes)
        {
            LoadScales(source, Format).Store((float*)(target + BlockInt8Layout.PanelScales));
            if (Format.HasOffsets)
            {
                LoadOffsets(source, Format).Store((float*)(target + BlockInt8Layout.PanelOffsets));
            }

            byte* line = source + CodesOffset(Format);
            for (int i = 0; i < Format.Bits; i++, line += LineBytes)
            {
                if (Sse.IsSupported)
                {
                    Sse.Prefetch0(line + BytesAhead);
                }

                Vector512<uint> codes = Vector512.Load((uint*)line);
                if (Format.Bits == 8)
                {
                    codes.Store((uint*)(target + (i * LineBytes)));
                    continue;
                }

                Vector512<uint> mask = Vector512.Create(0x0F0F0F0Fu);
                (codes & mask).Store((uint*)(target + (2 * i * LineBytes)));
                ((codes >>> 4) & mask).Store((uint*)(target + (((2 * i) + 1) * LineBytes)));
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">The destination has another size, or no float type.</exception>
    public override void Unpack(Tensor destination)
    {
        MatrixView view = MatMul.Matrices.Unpacked(destination, Rows, Columns);
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                PackedElements.Write(view.At(row, column), view.DType, 0, At(row, column));
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _memory.Dispose();
        }
    }

    private static int ScaleBytes(BlockFormat format) => PanelLayout.PanelRows * format.Scales.SizeInBytes;

    /// <summary>The line and the shift of a pair of steps along K.</summary>
    private (int Line, int Shift) PairPlace(int pair) => Format.Bits == 4 ? (pair / 4, pair % 4 * 4) : (pair / 2, pair % 2 * 8);

    /// <summary>Writes the codes of a row in a block.</summary>
    [MethodImpl(Compile.Loop)]
    private static void PackCodes(ReadOnlySpan<byte> codes, int bits, uint* target)
    {
        for (int next = 0; next < Block; target += PanelLayout.PanelRows)
        {
            uint word = 0;
            for (int shift = 0; shift < 16; shift += bits, next += 2)
            {
                word |= (codes[next] | ((uint)codes[next + 1] << 16)) << shift;
            }

            *target = word;
        }
    }

    private float At(int row, int column)
    {
        byte* block = Panel(row / PanelLayout.PanelRows) + (column / Block * (nint)BlockBytes(Format));
        int place = row % PanelLayout.PanelRows;
        (int line, int shift) = PairPlace(column % Block / 2);
        uint word = ((uint*)(block + CodesOffset(Format) + (line * LineBytes)))[place];
        int code = (int)(word >> (shift + (column % 2 * 16))) & ((1 << Format.Bits) - 1);
        float scale = PackedElements.Read(block, Format.Scales, place);
        return Format.HasOffsets ? (scale * code) + PackedElements.Read(block, Format.Scales, PanelLayout.PanelRows + place) : scale * (code - Format.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(byte* source, DType type)
    {
        if (type == DType.F32)
        {
            return Vector512.Load((float*)source);
        }

        // Exponent and fraction where single precision has them, as a number that is 2^112 times too small; scales are finite.
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load((ushort*)source));
        Vector512<uint> bits = Vector512.Create(lower, upper);
        Vector512<float> magnitude = ((bits & Vector512.Create(0x7FFFu)) << 13).AsSingle() * Vector512.Create(5.192296858534828e33f);
        return (magnitude.AsUInt32() | ((bits & Vector512.Create(0x8000u)) << 16)).AsSingle();
    }

    /// <summary>The bits of the numbers whose codes are the lowest bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Number(Vector512<uint> codes, Vector512<float> scale, Vector512<float> offset)
    {
        // Products and sums are rounded one by one, as where the file is read into single precision.
        Vector512<int> code = (codes & Vector512.Create((1u << Format.Bits) - 1)).AsInt32() - Vector512.Create(Format.Zero);
        return ((Vector512.ConvertToSingle(code) * scale) + offset).AsUInt32();
    }

    /// <summary>Numbers rounded to bf16, in the upper halves of their lanes. They are finite, so rounding needs no care for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<uint> bits) =>
        (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) & Vector512.Create(0xFFFF0000);
}
