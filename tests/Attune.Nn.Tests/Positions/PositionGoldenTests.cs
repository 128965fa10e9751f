using System.Text.Json;
using Attune.Formats;
using Attune.Nn.Positions;
using Attune.Testing;

namespace Attune.Nn.Tests.Positions;

/// <summary>Buckets, slopes and sinusoids against the reference.</summary>
[Trait("Category", "Golden")]
public sealed class PositionGoldenTests
{
    private const string Folder = "families/ops";

    public static TheoryData<string> Buckets => Tensors("buckets.safetensors", name => name != "relative_position");

    public static TheoryData<string> Slopes => Tensors("attention.safetensors", name => name.StartsWith("alibi_slopes", StringComparison.Ordinal));

    public static TheoryData<string> Sinusoids => Tensors("positions.safetensors", _ => true);

    [Theory]
    [MemberData(nameof(Buckets))]
    public void Buckets_are_those_of_the_reference(string name)
    {
        using SafetensorsFile file = Open(name, "buckets.safetensors");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Goldens.Require(Folder, "cases.json")));
        JsonElement table = document.RootElement.GetProperty("cases").EnumerateArray()
            .Where(item => item.TryGetProperty("tables", out _))
            .SelectMany(item => item.GetProperty("tables").EnumerateArray())
            .Single(item => item.GetProperty("name").GetString() == name);
        int Setting(string key) => table.GetProperty(key).GetInt32();
        Func<int, int> bucket = table.TryGetProperty("max_position", out _)
            ? position => DebertaRelativeBuckets.Bucket(position, Setting("position_buckets"), Setting("max_position"))
            : position => T5RelativeBuckets.Bucket(position, Setting("num_buckets"), Setting("max_distance"), table.GetProperty("bidirectional").GetBoolean());
        Assert.Equal(file.ReadAs<long>(name), file.ReadAs<long>("relative_position").Select(position => (long)bucket((int)position)));
    }

    [Theory]
    [MemberData(nameof(Slopes))]
    public void Slopes_are_those_of_the_reference(string name)
    {
        using SafetensorsFile file = Open(name, "attention.safetensors");
        float[] expected = file.ReadFloat32(name);
        float[] actual = name.Contains("bloom", StringComparison.Ordinal) ? AlibiSlopes.Bloom(expected.Length) : AlibiSlopes.Mpt(expected.Length);
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) <= 1e-6 * a);
    }

    [Theory]
    [MemberData(nameof(Sinusoids))]
    public void Sinusoids_are_those_of_the_reference(string name)
    {
        using SafetensorsFile file = Open(name, "positions.safetensors");
        int positions = (int)file.Info(name).Shape[0];
        int size = (int)file.Info(name).Shape[1];
        bool isInterleaved = name switch
        {
            "sinusoidal_split" => false,
            "sinusoidal_interleaved" => true,
            _ => throw new InvalidOperationException($"no order of columns is known for {name}"),
        };
        double[] wavelengths = SinusoidalPositions.Wavelengths(size);
        float[] actual = new float[positions * size];
        float[] row = new float[size];
        for (int position = 0; position < positions; position++)
        {
            SinusoidalPositions.WriteSplit(wavelengths, position, row);
            for (int k = 0; k < size; k++)
            {
                actual[(position * size) + k] = row[!isInterleaved ? k : k % 2 == 0 ? k / 2 : ((size + 1) / 2) + (k / 2)];
            }
        }

        Assert.Equal(file.ReadFloat32(name), actual, (a, b) => Math.Abs(a - b) <= 1e-6);
    }

    private static TheoryData<string> Tensors(string fileName, Func<string, bool> wanted)
    {
        string path = Path.Combine(Goldens.Root, Folder, fileName);
        if (!File.Exists(path))
        {
            return [Goldens.None];
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Names.Where(wanted).Order(StringComparer.Ordinal)];
    }

    private static SafetensorsFile Open(string name, string fileName) => SafetensorsFile.Open(Goldens.Require(Folder, name == Goldens.None ? name : fileName));
}
