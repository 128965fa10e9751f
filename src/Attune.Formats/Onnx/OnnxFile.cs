using System.Globalization;

namespace Attune.Formats;

/// <summary>An ONNX file: its graph is read at once, its constants on demand. Only what <see cref="OnnxWriter"/> writes is understood; everything else is refused by name.</summary>
public sealed class OnnxFile : IDisposable
{
    private const int MostNodes = 1 << 20;
    private const int MostExtents = 16;
    private const int MostNumbers = 1 << 12;

    private readonly ReadableFile _file;
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxTensor> _tensors = [];
    private readonly List<OnnxValue> _inputs = [];
    private readonly List<OnnxValue> _outputs = [];
    private ReadableFile? _contents;

    private OnnxFile(ReadableFile file) => _file = file;

    /// <summary>The graph. Its constants can be read while the file is open.</summary>
    public OnnxModel Model => new() { Inputs = _inputs, Outputs = _outputs, Tensors = _tensors, Nodes = _nodes };

    /// <summary>Opens a file.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened, is damaged, or holds what is not understood.</exception>
    public static OnnxFile Open(string path)
    {
        var file = new OnnxFile(ReadableFile.Open(path));
        try
        {
            file.ReadModel(new ProtobufCursor(file._file, 0, file._file.Length));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _contents?.Dispose();
    }

    private void ReadModel(ProtobufCursor model)
    {
        bool hasGraph = false;
        while (model.Next())
        {
            if (model.Field == 7)
            {
                hasGraph = hasGraph ? throw model.Wrong("expected one graph, found a second one") : true;
                ReadGraph(model.Message());
            }
            else if (model.Field == 8)
            {
                ReadOperatorSet(model.Message());
            }
            else
            {
                model.Skip();
            }
        }

        if (!hasGraph)
        {
            throw model.Wrong("expected a graph, found the end; the file is no ONNX model");
        }
    }

    private static void ReadOperatorSet(ProtobufCursor set)
    {
        while (set.Next())
        {
            if (set.Field == 2 && set.Integer() is var version && version != OnnxModel.OperatorSet)
            {
                throw set.Wrong($"expected version {OnnxModel.OperatorSet} of the operators, found {version}");
            }

            if (set.Field != 2 && set.Text().Length > 0)
            {
                throw set.Wrong("expected operators of the standard domain only");
            }
        }
    }

    private void ReadGraph(ProtobufCursor graph)
    {
        while (graph.Next())
        {
            switch (graph.Field)
            {
                case 1:
                    _nodes.Add(ReadNode(graph.Message()));
                    break;
                case 5:
                    _tensors.Add(ReadTensor(graph.Message()));
                    break;
                case 11:
                    _inputs.Add(ReadValue(graph.Message()));
                    break;
                case 12:
                    _outputs.Add(ReadValue(graph.Message()));
                    break;
                default:
                    graph.Skip();
                    break;
            }

            if (_nodes.Count + _tensors.Count + _inputs.Count + _outputs.Count > MostNodes)
            {
                throw graph.Wrong($"expected at most {MostNodes} parts of a graph");
            }
        }
    }

    private static OnnxNode ReadNode(ProtobufCursor node)
    {
        List<string> inputs = [];
        List<string> outputs = [];
        List<OnnxAttribute> attributes = [];
        string name = "";
        while (node.Next())
        {
            switch (node.Field)
            {
                case 1:
                    inputs.Add(node.Text());
                    break;
                case 2:
                    outputs.Add(node.Text());
                    break;
                case 4:
                    name = node.Text();
                    break;
                case 5:
                    attributes.Add(ReadAttribute(node.Message()));
                    break;
                default:
                    node.Skip();
                    break;
            }
        }

        return name.Length > 0 ? new OnnxNode(name, inputs, outputs, attributes) : throw node.Wrong("expected the name of an operator, found none");
    }

    private static OnnxAttribute ReadAttribute(ProtobufCursor attribute)
    {
        string name = "";
        object? value = null;
        List<long> numbers = [];
        while (attribute.Next())
        {
            switch (attribute.Field)
            {
                case 1:
                    name = attribute.Text();
                    break;
                case 2:
                    value = attribute.Single();
                    break;
                case 3:
                    value = attribute.Integer();
                    break;
                case 4:
                    value = attribute.Text();
                    break;
                case 8:
                    attribute.Integers(numbers, MostNumbers);
                    break;
                case 20:
                    bool isList = attribute.Integer() == 7;
                    value ??= isList ? numbers : null;
                    break;
                default:
                    throw attribute.Wrong($"attribute '{name}': expected a number, text or a list of integers, found field {attribute.Field}");
            }
        }

        return new OnnxAttribute(name, value is List<long> ? numbers.ToArray() : value ?? throw attribute.Wrong($"attribute '{name}': expected a value, found none"));
    }

    private OnnxTensor ReadTensor(ProtobufCursor tensor)
    {
        string name = "";
        List<long> extents = [];
        OnnxType? type = null;
        (long Start, long End)? inside = null;
        Dictionary<string, string> outside = [];
        while (tensor.Next())
        {
            switch (tensor.Field)
            {
                case 1:
                    tensor.Integers(extents, MostExtents);
                    break;
                case 2:
                    type = tensor.Integer() is var number && Enum.IsDefined((OnnxType)number) ? (OnnxType)number : throw tensor.Wrong($"expected elements of the types 1, 7 or 9, found {number}");
                    break;
                case 8:
                    name = tensor.Text();
                    break;
                case 9:
                    inside = tensor.Range();
                    break;
                case 13:
                    ReadEntry(tensor.Message(), outside);
                    break;
                case 14:
                    tensor.Integer();
                    break;
                default:
                    throw tensor.Wrong($"tensor '{name}': expected elements as raw bytes, found field {tensor.Field}");
            }
        }

        var result = new OnnxTensor(name, type ?? throw tensor.Wrong($"tensor '{name}': expected a type, found none"), extents, static (_, _) => { });
        long bytes = Bytes(tensor, result);
        (ReadableFile source, long start) = inside is { } range && range.End - range.Start == bytes ? (_file, range.Start) : inside is null ? Outside(tensor, result, bytes, outside) : throw Mismatch();
        return result with { Read = (offset, destination) => source.Read(offset + start, offset >= 0 && destination.Length <= bytes - offset ? destination : throw Mismatch()) };

        ModelFileException Mismatch() => tensor.Wrong($"tensor '{name}': expected {bytes} bytes for the extents [{string.Join(", ", extents)}]");
    }

    private (ReadableFile File, long Start) Outside(ProtobufCursor tensor, OnnxTensor result, long bytes, Dictionary<string, string> entries)
    {
        string expected = OnnxWriter.ContentsPath(_file.Path);
        if (entries.GetValueOrDefault("location") != Path.GetFileName(expected)
            || !long.TryParse(entries.GetValueOrDefault("offset"), NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            || entries.GetValueOrDefault("length") != bytes.ToString(CultureInfo.InvariantCulture))
        {
            throw tensor.Wrong($"tensor '{result.Name}': expected {bytes} bytes in the file or in {Path.GetFileName(expected)}");
        }

        _contents ??= ReadableFile.Open(expected);
        return offset <= _contents.Length - bytes
            ? (_contents, offset)
            : throw tensor.Wrong($"tensor '{result.Name}': byte {offset} and {bytes} more go beyond the end of {expected} ({_contents.Length} bytes); fetch it again");
    }

    private static void ReadEntry(ProtobufCursor entry, Dictionary<string, string> entries)
    {
        string key = "";
        while (entry.Next())
        {
            if (entry.Field == 1)
            {
                key = entry.Text();
            }
            else
            {
                entries[key] = entry.Text();
            }
        }
    }

    private static long Bytes(ProtobufCursor tensor, OnnxTensor result)
    {
        try
        {
            return result.Extents.All(extent => extent >= 0) ? result.ByteCount : throw new OverflowException();
        }
        catch (OverflowException)
        {
            throw tensor.Wrong($"tensor '{result.Name}': the extents [{string.Join(", ", result.Extents)}] cannot be");
        }
    }

    private static OnnxValue ReadValue(ProtobufCursor value)
    {
        string name = "";
        OnnxType type = default;
        List<string> extents = [];
        while (value.Next())
        {
            if (value.Field == 1)
            {
                name = value.Text();
            }
            else if (value.Field == 2 && value.Message() is var kind && kind.Next() && kind.Field == 1)
            {
                type = ReadTensorType(kind.Message(), extents);
            }
            else
            {
                throw value.Wrong($"'{name}': expected a tensor");
            }
        }

        return new OnnxValue(name, type, extents);
    }

    private static OnnxType ReadTensorType(ProtobufCursor tensor, List<string> extents)
    {
        OnnxType type = default;
        while (tensor.Next())
        {
            if (tensor.Field == 1)
            {
                type = (OnnxType)tensor.Integer();
                continue;
            }

            ProtobufCursor shape = tensor.Message();
            while (shape.Next() && extents.Count < MostExtents)
            {
                ProtobufCursor dimension = shape.Message();
                extents.Add(!dimension.Next() ? "" : dimension.Field == 1 ? dimension.Integer().ToString(CultureInfo.InvariantCulture) : dimension.Text());
            }
        }

        return type;
    }
}
