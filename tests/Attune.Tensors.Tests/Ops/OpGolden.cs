using System.Text.Json;
using Attune.Formats;
using Attune.Testing;

namespace Attune.Tensors.Tests.Ops;

/// <summary>One case of the reference values of single operations: its tensors and settings.</summary>
internal sealed class OpGolden : IDisposable
{
    private const string Folder = "families/ops";

    private readonly SafetensorsFile _file;
    private readonly Device _device;
    private readonly JsonElement _case;
    private readonly Dictionary<string, Tensor> _inputs = [];

    private OpGolden(JsonElement found, string file, Device device)
    {
        _case = found;
        _device = device;
        Name = found.GetProperty("name").GetString()!;
        _file = SafetensorsFile.Open(Goldens.Require(Folder, file));
    }

    public string Name { get; }

    public Device Device => _device;

    /// <summary>Settings of the case.</summary>
    public JsonElement Attributes => _case.GetProperty("attributes");

    /// <summary>Names of the inputs that want a gradient.</summary>
    public string[] Wanted => [.. Strings("gradients").Select(name => name["grad_".Length..])];

    public string[] Outputs => Strings("outputs");

    /// <summary>The inputs by name; made on first use, so that the ones that want a gradient are parameters.</summary>
    public Tensor this[string name]
    {
        get
        {
            if (!_inputs.TryGetValue(name, out Tensor? tensor))
            {
                tensor = Make(Stored(name));
                tensor.RequiresGrad = Wanted.Contains(name);
                _inputs[name] = tensor;
            }

            return tensor;
        }
    }

    /// <summary>Cases of a file (all files when null) as <c>file/case</c>.</summary>
    public static IEnumerable<string> Names()
    {
        string path = Path.Combine(Goldens.Root, Folder, "cases.json");
        if (!File.Exists(path))
        {
            return [Goldens.None];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(RowName)];
    }

    public static OpGolden Open(string row, Device device)
    {
        string path = Goldens.Require(Folder, row == Goldens.None ? row : "cases.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement found = document.RootElement.GetProperty("cases").EnumerateArray().Single(item => RowName(item) == row).Clone();
        return new OpGolden(found, found.GetProperty("file").GetString()!, device);
    }

    /// <summary>A tensor of the file under the name of another case.</summary>
    public float[] Values(string full) => _file.ReadFloat32(full);

    public float[] Upstream(string output) => Values($"{Name}.d_{output}");

    /// <summary>Expected values and the largest difference from them that is allowed: ten times the rounding error of the reference, at least 1e-6.</summary>
    public (float[] Values, double Tolerance) Expected(string name)
    {
        bool measured = _case.TryGetProperty("float64_error_relative_to_max1", out JsonElement errors);
        double error = measured ? Math.Max(1e-6, 10 * errors.GetProperty(name).GetDouble()) : 0;
        float[] values = Values(Stored(name));
        return (values, error * values.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Append(1).Max());
    }

    public double Number(string attribute) => Attributes.GetProperty(attribute).GetDouble();

    /// <summary>A (nested) list of 0 and 1 as a Bool tensor.</summary>
    public Tensor Mask(string attribute, params ReadOnlySpan<long> shape) =>
        _device.From<byte>([.. Flatten(Attributes.GetProperty(attribute)).Select(value => (byte)value)], new Shape(shape), DType.Bool);

    public int[] Integers(string attribute) => [.. Flatten(Attributes.GetProperty(attribute)).Select(value => (int)value)];

    public float[] Numbers(string attribute) => [.. Flatten(Attributes.GetProperty(attribute)).Select(value => (float)value)];

    public Tensor Make(string full)
    {
        TensorInfo info = _file.Info(full);
        return info.DType switch
        {
            DType.I64 => _device.From([.. _file.ReadAs<long>(full).Select(value => (int)value)], info.Shape),
            DType.BF16 => _device.From<ushort>(_file.ReadAs<ushort>(full).AsSpan(), info.Shape, DType.BF16),
            _ => _device.From(_file.ReadFloat32(full), info.Shape),
        };
    }

    public void Dispose() => _file.Dispose();

    private static string RowName(JsonElement item) =>
        $"{Path.GetFileNameWithoutExtension(item.GetProperty("file").GetString())}/{item.GetProperty("name").GetString()}";

    private static IEnumerable<double> Flatten(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value.GetDouble()];

    private string Stored(string name) => _file.Contains($"inf.{Name}.{name}") ? $"inf.{Name}.{name}" : $"{Name}.{name}";

    private string[] Strings(string property) =>
        _case.TryGetProperty(property, out JsonElement list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];
}
