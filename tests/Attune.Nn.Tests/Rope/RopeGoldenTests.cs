using System.Text.Json;
using Attune.Formats;
using Attune.Nn.Rope;
using Attune.Testing;

namespace Attune.Nn.Tests.Rope;

/// <summary>Frequencies, attention factors, cosines and sines of every kind of scaling against the reference.</summary>
[Trait("Category", "Golden")]
public sealed class RopeGoldenTests
{
    private const string Folder = "families/ops";

    public static TheoryData<string> Rows
    {
        get
        {
            string path = Path.Combine(Goldens.Root, Folder, "rope_tables.json");
            return File.Exists(path) ? [.. Cases(path).Select(item => item.GetProperty("name").GetString()!)] : [Goldens.None];
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Frequencies_and_attention_factor_are_those_of_the_reference(string name)
    {
        (JsonElement found, RopeParameters parameters, SafetensorsFile file) = Open(name);
        using (file)
        {
            RopeFrequencies actual = Compute(found, parameters);
            float[] expected = file.ReadFloat32($"{name}.inv_freq");
            double allowed = Math.Max(1e-6, 10 * found.GetProperty("float64_relative_error").GetDouble());
            Assert.Equal(found.GetProperty("rotary_dim").GetInt32(), parameters.RotaryDimension);
            Assert.Equal(expected, actual.InverseFrequencies, (a, b) => Math.Abs(a - b) <= allowed * a);
            Assert.Equal(found.GetProperty("attention_factor").GetDouble(), actual.AttentionFactor, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Cosines_and_sines_of_the_references_frequencies_are_its_tables(string name)
    {
        (JsonElement found, RopeParameters parameters, SafetensorsFile file) = Open(name);
        using (file)
        {
            // With the reference's own frequencies, because one unit in their last place turns far positions by up to a hundredth.
            var frequencies = new RopeFrequencies(file.ReadFloat32($"{name}.inv_freq"), found.GetProperty("attention_factor").GetDouble());
            CompareTables(found, file, frequencies, _ => 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Cosines_and_sines_of_our_frequencies_differ_by_the_rounding_of_the_angle(string name)
    {
        (JsonElement found, RopeParameters parameters, SafetensorsFile file) = Open(name);
        using (file)
        {
            RopeFrequencies frequencies = Compute(found, parameters);
            double allowed = Math.Max(1e-6, 10 * found.GetProperty("float64_relative_error").GetDouble());
            CompareTables(found, file, frequencies, angle => 1e-6 + (allowed * angle * frequencies.AttentionFactor));
        }
    }

    private static void CompareTables(JsonElement found, SafetensorsFile file, RopeFrequencies frequencies, Func<double, double> allowed)
    {
        string name = found.GetProperty("name").GetString()!;
        int[] positions = [.. found.GetProperty("positions_of_cos_and_sin").EnumerateArray().Select(item => item.GetInt32())];
        int pairs = frequencies.InverseFrequencies.Length;
        float[] cos = file.ReadFloat32($"{name}.cos");
        float[] sin = file.ReadFloat32($"{name}.sin");
        var actualCos = new float[pairs];
        var actualSin = new float[pairs];
        for (int row = 0; row < positions.Length; row++)
        {
            RopeTables.WriteRow(frequencies, positions[row], actualCos, actualSin);
            for (int i = 0; i < pairs; i++)
            {
                double tolerance = allowed(positions[row] * (double)frequencies.InverseFrequencies[i]);
                Assert.Equal(cos[(row * pairs) + i], actualCos[i], tolerance);
                Assert.Equal(sin[(row * pairs) + i], actualSin[i], tolerance);
            }
        }
    }

    private static RopeFrequencies Compute(JsonElement found, RopeParameters parameters)
    {
        JsonElement length = found.GetProperty("seq_len");
        return parameters.Frequencies(length.ValueKind == JsonValueKind.Null ? parameters.MaxPositionEmbeddings : length.GetInt32());
    }

    private static (JsonElement Case, RopeParameters Parameters, SafetensorsFile File) Open(string name)
    {
        string path = Goldens.Require(Folder, name == Goldens.None ? name : "rope_tables.json");
        JsonElement found = Cases(path).Single(item => item.GetProperty("name").GetString() == name);
        JsonElement settings = found.GetProperty("rope_parameters");
        var parameters = new RopeParameters
        {
            HeadSize = found.GetProperty("head_dim").GetInt32(),
            MaxPositionEmbeddings = found.GetProperty("max_position_embeddings").GetInt32(),
            RopeType = settings.GetProperty("rope_type").GetString()!,
            Theta = Number("rope_theta") ?? 10000,
            PartialRotaryFactor = Number("partial_rotary_factor") ?? 1,
            Factor = Number("factor"),
            OriginalMaxPositionEmbeddings = (int?)Number("original_max_position_embeddings"),
            LowFreqFactor = Number("low_freq_factor") ?? 1,
            HighFreqFactor = Number("high_freq_factor") ?? 4,
            BetaFast = Number("beta_fast") ?? 32,
            BetaSlow = Number("beta_slow") ?? 1,
            Truncate = !settings.TryGetProperty("truncate", out JsonElement truncate) || truncate.GetBoolean(),
            Mscale = Number("mscale"),
            MscaleAllDim = Number("mscale_all_dim"),
            AttentionFactor = Number("attention_factor"),
            ShortFactor = List("short_factor"),
            LongFactor = List("long_factor"),
        };
        return (found, parameters, SafetensorsFile.Open(Goldens.Require(Folder, "rope_tables.safetensors")));

        double? Number(string key) => settings.TryGetProperty(key, out JsonElement value) ? value.GetDouble() : null;

        double[] List(string key) => settings.TryGetProperty(key, out JsonElement value) ? [.. value.EnumerateArray().Select(item => item.GetDouble())] : [];
    }

    private static List<JsonElement> Cases(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.EnumerateArray().Select(item => item.Clone())];
    }
}
