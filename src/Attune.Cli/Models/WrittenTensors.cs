using System.Globalization;
using System.Runtime.InteropServices;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>Compares the tensors that were written with those that went in: all of them, whole, a piece at a time.</summary>
internal static class WrittenTensors
{
    private const int PieceElements = 1 << 18;

    /// <summary>Compares all tensors.</summary>
    /// <param name="path">What was written, for messages.</param>
    /// <param name="written">Its tensors.</param>
    /// <param name="expected">The tensors that went into it. What has the type in which it was written already is compared bit for bit.</param>
    /// <returns>Their number.</returns>
    /// <exception cref="IOException">One is not there, or not what it should be.</exception>
    public static int Compare(string path, ITensorSource written, ITensorSource expected)
    {
        string[] names = [.. expected.Names.Where(written.Contains)];
        if (names.Length != written.Names.Count)
        {
            throw new IOException($"{path}: {written.Names.Count} tensors were written, {names.Length} of them are known; the disk or the memory may be damaged");
        }

        float[] wanted = new float[PieceElements];
        float[] found = new float[PieceElements];
        foreach (string name in names)
        {
            TensorInfo before = expected.Info(name);
            TensorInfo after = written.Info(name);
            if (after.Shape != before.Shape)
            {
                throw new IOException($"{path}: tensor '{name}' should have the shape {before.Shape} and has {after.Shape}");
            }

            if (!FloatConversion.CanConvert(before.DType))
            {
                CompareBytes(path, written, expected, before, MemoryMarshal.AsBytes(wanted.AsSpan()), MemoryMarshal.AsBytes(found.AsSpan()));
                continue;
            }

            bool isKept = before.DType.SafetensorsName == after.StoredAs;
            var difference = new Difference(isKept ? DType.F32.SafetensorsName : after.StoredAs, after.Rounding);
            for (long start = after.Absent; start < before.Shape.Count; start += PieceElements)
            {
                int count = (int)Math.Min(PieceElements, before.Shape.Count - start);
                expected.ReadFloat32(name, start, wanted.AsSpan(0, count));
                written.ReadFloat32(name, start, found.AsSpan(0, count));
                difference.Add(start, wanted.AsSpan(0, count), found.AsSpan(0, count));
            }

            if (difference.Find() is { } worst)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: tensor '{name}', element {worst.Place} should be {worst.Wanted} and is {worst.Found}; nothing is kept"));
            }
        }

        return names.Length;
    }

    private static void CompareBytes(string path, ITensorSource written, ITensorSource expected, TensorInfo tensor, Span<byte> wanted, Span<byte> found)
    {
        for (long start = 0; start < tensor.ByteCount; start += wanted.Length)
        {
            int count = (int)Math.Min(wanted.Length, tensor.ByteCount - start);
            expected.Read(tensor.Name, start, wanted[..count]);
            written.Read(tensor.Name, start, found[..count]);
            if (!wanted[..count].SequenceEqual(found[..count]))
            {
                throw new IOException($"{path}: tensor '{tensor.Name}' is not what it was; the disk or the memory may be damaged; nothing is kept");
            }
        }
    }

    /// <summary>The element of a tensor that is furthest beyond what rounding to a type explains.</summary>
    private sealed record Difference(string Type, double Rounding)
    {
        private readonly (double OfValue, double OfLargest, double Least) _allowed = Type switch
        {
            "F32" => (0, 0, 0),
            "F16" => (1 / 2048.0, 0, 6e-8),
            "BF16" => (1 / 256.0, 0, 0),
            "Q8_0" => (0, 1 / 127.0, 0),
            "Q6_K" => (0, 1 / 16.0, 0),
            "Q5_0" => (0, 1 / 12.0, 0),
            _ => (0, 1 / 6.0, 0),
        };

        private double _largest;
        private (double Excess, long Place, float Wanted, float Found)? _worst;

        public void Add(long start, ReadOnlySpan<float> wanted, ReadOnlySpan<float> found)
        {
            if (MemoryMarshal.AsBytes(wanted).SequenceEqual(MemoryMarshal.AsBytes(found)) && _allowed.OfLargest == 0)
            {
                return;
            }

            for (int i = 0; i < wanted.Length; i++)
            {
                double size = Math.Abs(wanted[i]);
                double excess = Math.Abs((double)wanted[i] - found[i]) - (size * _allowed.OfValue) - _allowed.Least - (Rounding * Math.Max(1, size));
                _largest = Math.Max(_largest, size);
                if (!(excess <= (_worst?.Excess ?? 0)))
                {
                    _worst = (double.IsNaN(excess) ? double.PositiveInfinity : excess, start + i, wanted[i], found[i]);
                }
            }
        }

        /// <summary>The element; null when all are explained.</summary>
        public (double Excess, long Place, float Wanted, float Found)? Find() => _worst is { } worst && worst.Excess > _largest * _allowed.OfLargest ? worst : null;
    }
}
