namespace Attune.Tensors.Tests.Ops;

/// <summary>How each case of the reference values is computed: one entry per file, outputs in the order of the case.</summary>
internal static class OpGoldenCases
{
    public static Dictionary<string, Func<OpGolden, Tensor[]>> Files { get; } = new()
    {
        ["activations"] = Activations,
        ["norms"] = Norms,
        ["rotary"] = Rotary,
        ["softmax"] = Softmaxes,
        ["losses"] = Losses,
        ["embedding"] = Embeddings,
        ["attention"] = Attention,
        ["linear"] = Linears,
    };

    private static Tensor[] Activations(OpGolden c) =>
    [
        c.Name switch
        {
            "gelu" => c["x"].Gelu(),
            "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => c["x"].GeluTanh(),
            "quick_gelu" => c["x"].QuickGelu(),
            "gelu_10" => c["x"].Gelu().Clip(10),
            "silu" => c["x"].Silu(),
            "relu" => c["x"].Relu(),
            "relu2" => c["x"].ReluSquared(),
            "tanh" => c["x"].Tanh(),
            "sigmoid" => c["x"].Sigmoid(),
            "mish" => c["x"].Mish(),
            "linear" => c["x"].Affine(1),
            "softplus" => c["x"].Softplus(),
            "swiglu" => c["gate"].SwiGlu(c["up"]),
            "geglu_tanh" => c["gate"].GeGluTanh(c["up"]),
            "softcap" => c["x"].Softcap(c.Number("cap")),
            _ => throw Unknown(c),
        },
    ];

    private static Tensor[] Norms(OpGolden c)
    {
        double epsilon = c.Number("eps");
        return c.Name switch
        {
            "layer_norm_no_bias" => [c["x"].LayerNorm(c["w"], null, epsilon)],
            _ when c.Name.StartsWith("layer_norm", StringComparison.Ordinal) => [c["x"].LayerNorm(c["w"], c["b"], epsilon)],
            _ when c.Name.StartsWith("rms_norm_gemma", StringComparison.Ordinal) => [c["x"].RmsNorm(c["w"], epsilon, 1)],
            _ when c.Name.StartsWith("rms_norm", StringComparison.Ordinal) => [c["x"].RmsNorm(c["w"], epsilon)],
            _ => throw Unknown(c),
        };
    }

    private static Tensor[] Rotary(OpGolden c)
    {
        int size = c.Name == "partial_half" ? (int)c.Number("rotary_dim") : (int)c["q"].Shape[3];
        int[] positions = c.Integers("positions");
        int length = positions.Max() + 1;
        var cos = new float[length * size / 2];
        var sin = new float[length * size / 2];
        for (int i = 0; i < cos.Length; i++)
        {
            float frequency = 1 / MathF.Pow((float)c.Number("theta"), 2f * (i % (size / 2)) / size);
            (sin[i], cos[i]) = MathF.SinCos(i / (size / 2) * frequency);
        }

        Tensor Rotate(Tensor x) => Heads(
            Flat(x).Rope(c.Device.From(cos, [length, size / 2]), c.Device.From(sin, [length, size / 2]), c.Device.From(positions, [positions.Length]), c.Name == "interleaved"),
            x.Shape);
        return [Rotate(c["q"]), Rotate(c["k"])];
    }

    private static Tensor[] Softmaxes(OpGolden c) =>
    [
        c.Name switch
        {
            "plain" => c["x"].Softmax(),
            "log" => c["x"].LogSoftmax(),
            "large" => c["x"].Affine(c.Number("scale")).Softmax(),
            "masked_by_smallest_float" => c["x"].MaskedSoftmax(c.Mask("allowed", 3, 5, 8), uniformWhenNone: true),
            "sdpa_boolean_mask" => c["q"].MatMul(c["k"].Transpose()).Affine(1 / Math.Sqrt(c["q"].Shape[-1])).MaskedSoftmax(c.Mask("allowed", 5, 5)).MatMul(c["v"]),
            "sink" => c["scores"].SinkSoftmax(c["sink"]),
            _ => throw Unknown(c),
        },
    ];

    private static Tensor[] Losses(OpGolden c) =>
    [
        c.Name switch
        {
            _ when c.Name.StartsWith("cross_entropy", StringComparison.Ordinal) => CrossEntropy(c),
            "causal_lm" => CausalLm(c, 0),
            "causal_lm_trainer_label_smoothing_0.1" => CausalLm(c, c.Number("label_smoothing_factor")),
            "bce_with_logits" => c["z"].BinaryCrossEntropyWithLogits(c["t"]).Mean(),
            "bce_with_logits_pos_weight" => c["z"].BinaryCrossEntropyWithLogits(c["t"], c["pw"]).Mean(),
            "mse" => c["a"].MeanSquaredError(c["b"]),
            "smooth_l1" => c["a"].SmoothL1(c["b"], c.Number("beta")).Mean(),
            "kl_batchmean_T2" => c["a"].KlDivergence(c["b"], c.Number("temperature")).Mean(),
            "cosine_similarity" => c["a"].CosineSimilarity(c["b"], c.Number("eps")),
            _ => throw Unknown(c),
        },
    ];

    private static Tensor CrossEntropy(OpGolden c)
    {
        var options = new ClassCrossEntropyOptions
        {
            IgnoreIndex = (int)c.Number("ignore_index"),
            LabelSmoothing = c.Number("label_smoothing"),
            ClassWeights = c.Name.Contains("weighted", StringComparison.Ordinal) ? c["w"] : null,
            Reduction = c.Name.Contains("_sum_", StringComparison.Ordinal) ? Reduction.Sum : c.Name.Contains("_none_", StringComparison.Ordinal) ? Reduction.None : Reduction.Mean,
        };
        return c["x"].ClassCrossEntropy(c.Device.From(Labels(c, options.IgnoreIndex), [c["x"].Shape[0]]), options);
    }

    /// <summary>The labels, which the file lacks (the output has their name): where the gradient of the summed loss is negative; rows without a gradient are ignored.</summary>
    private static int[] Labels(OpGolden c, int ignored)
    {
        int classes = (int)c["x"].Shape[1];
        return [.. c.Values("cross_entropy_sum_smoothing_0.grad_x").Chunk(classes).Select(row => Array.FindIndex(row, value => value < 0) is >= 0 and int label ? label : ignored)];
    }

    /// <summary>Position t predicts the label at t + 1; the last position of a row predicts nothing.</summary>
    private static Tensor CausalLm(OpGolden c, double smoothing)
    {
        Shape shape = c["labels"].Shape;
        int[] labels = c["labels"].ToInt32Array();
        int[] shifted = [.. labels.Chunk((int)shape[1]).SelectMany(row => row[1..].Append(-100))];
        Tensor logits = c["logits"].Reshape(shape.Count, -1);
        return logits.ClassCrossEntropy(c.Device.From(shifted, [shape.Count]), new ClassCrossEntropyOptions { LabelSmoothing = smoothing });
    }

    private static Tensor[] Embeddings(OpGolden c)
    {
        int padding = c.Attributes.TryGetProperty("padding_idx", out _) ? (int)c.Number("padding_idx") : -1;
        Tensor rows = c["w"].Embedding(c["ids"], paddingIndex: padding);
        if (c.Name != "tied_with_padding_idx")
        {
            return [rows];
        }

        Tensor flat = rows.Reshape(-1, rows.Shape[-1]);
        return [flat.MatMul(c["w"].Transpose()).Reshape(rows.Shape[0], rows.Shape[1], -1)];
    }

    private static Tensor[] Attention(OpGolden c)
    {
        Tensor q = c["q"];
        int batch = (int)q.Shape[0];
        int time = (int)q.Shape[2];
        int[] lengths = [.. Enumerable.Repeat(time, batch)];
        if (c.Attributes.TryGetProperty("key_mask", out _))
        {
            lengths = [.. c.Integers("key_mask").Chunk(time).Select(row => row.Sum())];
        }

        var options = new AttentionOptions(c.Number("scale"))
        {
            Causal = c.Name is not ("bidirectional_padded" or "local_bidirectional"),
            Window = Setting(c, "window"),
            HalfWindow = Setting(c, "half_window"),
            Chunk = Setting(c, "chunk"),
            Softcap = c.Attributes.TryGetProperty("cap", out _) ? c.Number("cap") : 0,
            AlibiSlopes = c.Attributes.TryGetProperty("slopes", out _) ? c.Device.From(c.Numbers("slopes"), [q.Shape[1]]) : null,
        };
        var layout = new AttentionLayout(
            c.Device.From([.. Enumerable.Range(0, batch + 1).Select(i => i * time)], [batch + 1]),
            c.Device.From([.. Enumerable.Range(0, batch).Select(i => i * time)], [batch]),
            c.Device.From(lengths, [batch]));
        return [Heads(Flat(q).Attention(Flat(c["k"]), Flat(c["v"]), layout, options), q.Shape)];
    }

    private static int Setting(OpGolden c, string name) => c.Attributes.TryGetProperty(name, out _) ? (int)c.Number(name) : 0;

    private static Tensor[] Linears(OpGolden c)
    {
        if (c.Name == "causal_depthwise_conv")
        {
            return [c["u"].CausalDepthwiseConv1d(c["cw"], c["cb"])];
        }

        Tensor weight = c.Name == "linear" ? c["w"].Transpose() : c["w"];
        Tensor x = c["x"];
        return [x.Reshape(-1, x.Shape[-1]).MatMul(weight).Add(c["b"]).Reshape(x.Shape[0], x.Shape[1], -1)];
    }

    /// <summary>[B, H, T, D] to [B T, H, D].</summary>
    private static Tensor Flat(Tensor x) => x.Transpose(1, 2).Reshape(x.Shape[0] * x.Shape[2], x.Shape[1], x.Shape[3]);

    /// <summary>[B T, H, D] to [B, H, T, D].</summary>
    private static Tensor Heads(Tensor x, in Shape shape) => x.Reshape(shape[0], shape[2], shape[1], shape[3]).Transpose(1, 2);

    private static InvalidOperationException Unknown(OpGolden c) => new($"no operation is known for the case {c.Name}");
}
