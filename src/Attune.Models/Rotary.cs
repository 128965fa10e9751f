using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>Makes rotary embeddings as configurations describe them.</summary>
internal static class Rotary
{
    public static RotaryEmbedding FromConfig(ModelConfig config, Device device, int headSize)
    {
        ModelConfig rope = config.Rope();
        if (rope.GetString("rope_type") != "default")
        {
            throw rope.Wrong("rope_type", "\"default\"");
        }

        double theta = rope.GetDouble("rope_theta");
        return new RotaryEmbedding(device, length =>
        {
            int half = headSize / 2;
            var cos = new float[length * half];
            var sin = new float[length * half];
            for (int p = 0; p < length; p++)
            {
                for (int i = 0; i < half; i++)
                {
                    float angle = p * (float)(1 / MathF.Pow((float)theta, 2f * i / headSize));
                    cos[(p * half) + i] = MathF.Cos(angle);
                    sin[(p * half) + i] = MathF.Sin(angle);
                }
            }

            return new RotaryTables(cos, sin);
        });
    }
}
