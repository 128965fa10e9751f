using System.Globalization;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Models;

/// <summary>Opens a model that was just written and compares it with where it came from, before a command says that it is done.</summary>
internal static class WrittenModel
{
    private const int Samples = 8;
    private const int SampleElements = 1 << 16;

    /// <summary>Compares names, shapes and the beginnings of some tensors.</summary>
    /// <param name="path">The written folder or file.</param>
    /// <param name="expected">The tensors that went into it.</param>
    /// <param name="type">Name of the type in which it was written.</param>
    /// <returns>How many tensors were compared.</returns>
    /// <exception cref="IOException">What was written is not what should have been.</exception>
    public static int Verify(string path, ITensorSource expected, string type)
    {
        using ModelFile written = ModelFile.Open(path);
        string[] names = [.. expected.Names.Where(name => written.Tensors.Contains(name))];
        if (names.Length != written.Tensors.Names.Count)
        {
            throw new IOException($"{path}: {written.Tensors.Names.Count} tensors were written, {names.Length} of them are known; the disk or the memory may be damaged");
        }

        int step = Math.Max(1, names.Length / Samples);
        int compared = 0;
        for (int i = 0; i < names.Length; i += step, compared++)
        {
            Compare(path, written.Tensors, expected, names[i], type);
        }

        return compared;
    }

    private static void Compare(string path, ITensorSource written, ITensorSource expected, string name, string type)
    {
        TensorInfo before = expected.Info(name);
        if (written.Info(name).Shape != before.Shape)
        {
            throw new IOException($"{path}: tensor '{name}' should have the shape {before.Shape} and has {written.Info(name).Shape}");
        }

        int count = (int)Math.Min(SampleElements, before.Shape.Count);
        float[] wanted = new float[count];
        float[] found = new float[count];
        expected.ReadFloat32(name, 0, wanted);
        written.ReadFloat32(name, 0, found);
        float largest = wanted.Max(MathF.Abs);
        for (int i = 0; i < count; i++)
        {
            double allowed = type switch
            {
                "f32" => 0,
                "f16" => (Math.Abs(wanted[i]) / 2048) + 6e-8,
                "bf16" => Math.Abs(wanted[i]) / 256,
                _ => largest / 127,
            };
            if (!(Math.Abs(wanted[i] - found[i]) <= allowed))
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{path}: tensor '{name}', element {i} should be {wanted[i]} and is {found[i]}"));
            }
        }
    }
}
