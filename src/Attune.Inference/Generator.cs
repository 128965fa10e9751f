using System.Diagnostics;
using System.Text;
using Attune.Models;
using Attune.Text;

namespace Attune.Inference;

/// <summary>Generates text, token by token, with a cache of keys and values.</summary>
public sealed class Generator
{
    private readonly CausalLmModel _model;
    private readonly Tokenizer _tokenizer;

    /// <summary>Makes a generator over a loaded model.</summary>
    public Generator(CausalLmModel model, Tokenizer tokenizer)
    {
        _model = model;
        _tokenizer = tokenizer;
    }

    /// <summary>Continues a prompt.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How tokens are chosen and when generation ends.</param>
    /// <param name="onText">Is given the text as it comes, whole characters only; null for nobody.</param>
    /// <param name="cancellation">Ends the generation early; what there is is returned.</param>
    /// <exception cref="GenerationException">A setting is out of its range, or the prompt is empty or too long.</exception>
    public GenerationResult Generate(IReadOnlyList<int> prompt, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default)
    {
        var sampler = new TokenSampler(options);
        int limit = Limit(prompt, options);
        using var state = new DecodingState(_model, 1, prompt.Count + limit);
        int[] tokens = new int[prompt.Count + limit];
        for (int i = 0; i < prompt.Count; i++)
        {
            tokens[i] = prompt[i];
        }

        var output = new Output(_tokenizer, options.Stop, onText);
        var clock = Stopwatch.StartNew();
        float[] logits = new float[_model.VocabSize];
        state.Read(0, tokens.AsSpan(0, prompt.Count), logits);
        double prefillSeconds = clock.Elapsed.TotalSeconds;
        int count = prompt.Count;
        string reason = "length";
        while (count < tokens.Length)
        {
            if (cancellation.IsCancellationRequested)
            {
                reason = "cancelled";
                break;
            }

            int next = sampler.Next(logits, tokens.AsSpan(0, count));
            tokens[count++] = next;
            if (options.EosTokenIds.Contains(next) || output.Append(next))
            {
                reason = "stop";
                break;
            }

            if (count < tokens.Length)
            {
                state.Step(tokens.AsSpan(count - 1, 1), logits);
            }
        }

        return new GenerationResult(
            output.Finish(), tokens[prompt.Count..count], reason, prompt.Count, prefillSeconds, clock.Elapsed.TotalSeconds - prefillSeconds);
    }

    private int Limit(IReadOnlyList<int> prompt, GenerationOptions options)
    {
        if (prompt.Count == 0)
        {
            throw new GenerationException("the prompt has no token; give some text");
        }

        if (prompt.Count >= _model.ContextTokens)
        {
            throw new GenerationException($"the prompt has {prompt.Count} tokens, the model was made for {_model.ContextTokens}; shorten it");
        }

        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)_model.VocabSize)
            {
                throw new GenerationException($"token id {id} is not in the model's vocabulary of {_model.VocabSize}; is the tokenizer of this model?");
            }
        }

        return Math.Min(options.MaxNewTokens, _model.ContextTokens - prompt.Count);
    }

    /// <summary>Text as it comes out: whole characters, without stop texts.</summary>
    private sealed class Output(Tokenizer tokenizer, IReadOnlyList<string> stops, Action<string>? onText)
    {
        private readonly StreamingDecoder _decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
        private readonly StopMatcher _matcher = new(stops);
        private readonly StringBuilder _text = new();

        /// <summary>Takes a token; true when a stop text is complete.</summary>
        public bool Append(int id)
        {
            Emit(_matcher.Append(_decoder.Append(id)));
            return _matcher.IsStopped;
        }

        public string Finish()
        {
            if (!_matcher.IsStopped)
            {
                Emit(_matcher.Append(_decoder.Flush()));
                Emit(_matcher.IsStopped ? string.Empty : _matcher.Flush());
            }

            return _text.ToString();
        }

        private void Emit(string text)
        {
            if (text.Length > 0)
            {
                _text.Append(text);
                onText?.Invoke(text);
            }
        }
    }
}
