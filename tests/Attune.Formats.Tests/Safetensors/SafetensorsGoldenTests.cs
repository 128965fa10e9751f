using System.Text.Json;
using Attune.Testing;

namespace Attune.Formats.Tests.Safetensors;

public class SafetensorsGoldenTests
{
    [Fact]
    [Trait("Category", "Golden")]
    public void Every_file_of_the_reference_is_rewritten_byte_for_byte()
    {
        string root = Goldens.Require();
        using var temporary = new TemporaryFolder();
        string copy = temporary["copy.safetensors"];
        int files = 0;
        foreach (string path in Directory.EnumerateFiles(root, "*.safetensors", SearchOption.AllDirectories))
        {
            using (SafetensorsFile source = SafetensorsFile.Open(path))
            {
                SafetensorsWriter.Write(copy, source, source.Metadata);
            }

            Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(copy)), path);
            files++;
        }

        Assert.True(files > 0, "no safetensors files below the reference values");
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void Single_precision_values_equal_the_recorded_statistics()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Goldens.Require("real", "seed_recipe", "qv_final_adapter", "adapter_model.safetensors"));
        using SafetensorsFile exact = SafetensorsFile.Open(Goldens.Require("real", "seed_recipe", "qv_final_layers_0_29_f32.safetensors"));
        foreach (string line in File.ReadLines(Goldens.Require("real", "seed_recipe", "qv_final_tensors.jsonl")))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            string name = row.RootElement.GetProperty("name").GetString()!;
            if (exact.Contains(name))
            {
                float[] values = exact.ReadFloat32(name);
                Assert.Equal(row.RootElement.GetProperty("sum").GetDouble(), values.Sum(v => (double)v), 1e-9);
                float[] rounded = file.ReadFloat32(name);
                Assert.All(values.Zip(rounded), p => Assert.Equal((float)(Half)p.First, p.Second));
            }
        }
    }
}
