using System.Buffers;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Copies between files and the memory of devices, piece by piece, so that saving a model takes no memory of its size.</summary>
public static class DeviceTensors
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes a whole tensor from where it is.</summary>
    /// <param name="writer">The file.</param>
    /// <param name="name">Its name in the file.</param>
    /// <param name="tensor">The tensor, contiguous and of the file's type.</param>
    /// <exception cref="ArgumentException">No such tensor was named, its size differs, or the tensor has gaps.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(this SafetensorsWriter writer, string name, Tensor tensor) => Pieces(tensor, (offset, piece) =>
    {
        tensor.Device.Backend.Read(tensor.Storage, (tensor.Offset * tensor.DType.SizeInBytes) + offset, piece);
        writer.WritePart(name, offset, piece);
    });

    /// <summary>Overwrites a tensor with what a source holds of the same type and extents.</summary>
    /// <param name="source">The source.</param>
    /// <param name="name">Its name in the source.</param>
    /// <param name="destination">The tensor, contiguous.</param>
    /// <exception cref="ModelFileException">There is no such tensor, its type or extents differ, or the file ends early.</exception>
    public static void Read(this ITensorSource source, string name, Tensor destination)
    {
        TensorInfo info = source.Info(name);
        if (info.DType != destination.DType || info.Shape != destination.Shape)
        {
            throw ModelFileException.At(source.Location, $"tensor '{name}'", $"expected {destination}, found {info.DType.SafetensorsName} {info.Shape}");
        }

        Pieces(destination, (offset, piece) =>
        {
            source.Read(name, offset, piece);
            destination.Device.Backend.Write(destination.Storage, (destination.Offset * destination.DType.SizeInBytes) + offset, piece);
        });
        destination.MarkChanged();
    }

    private delegate void PieceAction(long byteOffset, Span<byte> piece);

    private static void Pieces(Tensor tensor, PieceAction action)
    {
        if (!tensor.IsContiguous)
        {
            throw new ArgumentException($"expected a tensor without gaps, found {tensor}", nameof(tensor));
        }

        long bytes = tensor.Count * tensor.DType.SizeInBytes;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, Math.Max(1, bytes)));
        for (long offset = 0; offset < bytes; offset += buffer.Length)
        {
            action(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - offset)));
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
