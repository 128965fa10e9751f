using System.Buffers;
using System.Globalization;

namespace Attune.Formats;

/// <summary>Writes graphs in the ONNX format. Messages of Protocol Buffers end at 2 GB, so the constants of larger graphs go to a file beside it, as the format provides.</summary>
public static class OnnxWriter
{
    /// <summary>Largest constants that stay in the graph's own file, in bytes together.</summary>
    public const long LargestEmbeddedBytes = 1_900_000_000;

    private const int ChunkBytes = 1 << 20;
    private const int IrVersion = 8;

    /// <summary>Small constants, such as extents, stay in the graph's own file in any case: runtimes look at them before they look for other files.</summary>
    private const int SmallBytes = 1024;

    /// <summary>Where the constants of a graph that is too large for one file lie: beside it.</summary>
    public static string ContentsPath(string path) => $"{path}_data";

    /// <summary>Writes a graph. Its file appears complete or not at all, after the file of its constants, if it has one.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="model">The graph.</param>
    /// <param name="largestEmbeddedBytes">With more bytes of constants than these, they go to <see cref="ContentsPath"/>.</param>
    /// <param name="cancellation">Ends it between two constants; then there is no file.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static void Write(string path, OnnxModel model, long largestEmbeddedBytes = LargestEmbeddedBytes, CancellationToken cancellation = default)
    {
        bool apart = model.Tensors.Sum(tensor => tensor.ByteCount) > largestEmbeddedBytes;
        using AtomicFile file = AtomicFile.Create(path);
        using AtomicFile? contents = apart ? AtomicFile.Create(ContentsPath(path)) : null;
        List<Piece> graph = Graph(model, contents, cancellation);
        var head = new ProtobufWriter();
        head.Integer(1, IrVersion);
        head.Text(2, "attune");
        head.Message(8, set =>
        {
            set.Text(1, "");
            set.Integer(2, OnnxModel.OperatorSet);
        });
        head.LengthOf(7, graph.Sum(piece => piece.Length));
        long at = Append(file, 0, head.Written);
        foreach (Piece piece in graph)
        {
            cancellation.ThrowIfCancellationRequested();
            at = Append(file, at, piece.Bytes);
            at = piece.Tensor is null ? at : Copy(file, at, piece.Tensor);
        }

        contents?.Commit();
        file.Commit();
    }

    private static List<Piece> Graph(OnnxModel model, AtomicFile? contents, CancellationToken cancellation)
    {
        var graph = new ProtobufWriter();
        foreach (OnnxNode node in model.Nodes)
        {
            graph.Message(1, message => Write(message, node));
        }

        graph.Text(2, "attune");
        foreach (OnnxValue input in model.Inputs)
        {
            graph.Message(11, message => Write(message, input));
        }

        foreach (OnnxValue output in model.Outputs)
        {
            graph.Message(12, message => Write(message, output));
        }

        List<Piece> pieces = [new(graph.Written.ToArray(), null)];
        long placed = 0;
        foreach (OnnxTensor tensor in model.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            bool apart = contents is not null && tensor.ByteCount > SmallBytes;
            pieces.Add(Constant(tensor, apart ? placed : null, contents));
            placed = apart ? Copy(contents!, placed, tensor) : placed;
        }

        return pieces;
    }

    /// <summary>A constant as a field of the graph; its elements follow the bytes, or lie from a place of another file on.</summary>
    private static Piece Constant(OnnxTensor tensor, long? place, AtomicFile? contents)
    {
        var message = new ProtobufWriter();
        foreach (long extent in tensor.Extents)
        {
            message.Integer(1, extent);
        }

        message.Integer(2, (int)tensor.Type);
        message.Text(8, tensor.Name);
        if (place is { } offset)
        {
            Entry("location", Path.GetFileName(contents!.Path));
            Entry("offset", offset.ToString(CultureInfo.InvariantCulture));
            Entry("length", tensor.ByteCount.ToString(CultureInfo.InvariantCulture));
            message.Integer(14, 1);
        }
        else
        {
            message.LengthOf(9, tensor.ByteCount);
        }

        var field = new ProtobufWriter();
        field.LengthOf(5, message.Written.Length + (place is null ? tensor.ByteCount : 0));
        return new Piece([.. field.Written, .. message.Written], place is null ? tensor : null);

        void Entry(string key, string value) => message.Message(13, entry =>
        {
            entry.Text(1, key);
            entry.Text(2, value);
        });
    }

    private static void Write(ProtobufWriter message, OnnxNode node)
    {
        foreach (string input in node.Inputs)
        {
            message.Text(1, input);
        }

        foreach (string output in node.Outputs)
        {
            message.Text(2, output);
        }

        message.Text(4, node.Operator);
        foreach (OnnxAttribute attribute in node.Attributes)
        {
            message.Message(5, inner => Write(inner, attribute));
        }
    }

    private static void Write(ProtobufWriter message, OnnxAttribute attribute)
    {
        message.Text(1, attribute.Name);
        switch (attribute.Value)
        {
            case float number:
                message.Single(2, number);
                message.Integer(20, 1);
                break;
            case long number:
                message.Integer(3, number);
                message.Integer(20, 2);
                break;
            case string text:
                message.Text(4, text);
                message.Integer(20, 3);
                break;
            case long[] numbers:
                foreach (long number in numbers)
                {
                    message.Integer(8, number);
                }

                message.Integer(20, 7);
                break;
            default:
                throw new ArgumentException($"attribute '{attribute.Name}': expected a long, a float, text or longs, found {attribute.Value.GetType().Name}", nameof(attribute));
        }
    }

    private static void Write(ProtobufWriter message, OnnxValue value)
    {
        message.Text(1, value.Name);
        message.Message(2, type => type.Message(1, tensor =>
        {
            tensor.Integer(1, (int)value.Type);
            tensor.Message(2, shape =>
            {
                foreach (string extent in value.Extents)
                {
                    shape.Message(1, dimension =>
                    {
                        if (long.TryParse(extent, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                        {
                            dimension.Integer(1, number);
                        }
                        else
                        {
                            dimension.Text(2, extent);
                        }
                    });
                }
            });
        }));
    }

    private static long Append(AtomicFile file, long at, ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(file.Handle, bytes, at);
        return at + bytes.Length;
    }

    private static long Copy(AtomicFile file, long at, OnnxTensor tensor)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, Math.Max(1, tensor.ByteCount)));
        for (long offset = 0; offset < tensor.ByteCount;)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.ByteCount - offset));
            tensor.Read(offset, piece);
            at = Append(file, at, piece);
            offset += piece.Length;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return at;
    }

    /// <summary>Bytes of the graph, and a constant whose elements follow them.</summary>
    private sealed record Piece(byte[] Bytes, OnnxTensor? Tensor)
    {
        public long Length => Bytes.Length + (Tensor?.ByteCount ?? 0);
    }
}
