namespace Attune.Hub.Tests;

public sealed class HubClientTests : IDisposable
{
    private const string Weights = "model.safetensors";
    private const string Store = $"/store/{Weights}";

    private readonly FakeHub _hub = new();
    private readonly string _cache = Directory.CreateTempSubdirectory("attune-hub-").FullName;
    private readonly byte[] _weights = new byte[300_000];

    public HubClientTests()
    {
        new Random(3).NextBytes(_weights);
        _hub.Files["config.json"] = "{\"model_type\": \"llama\"}"u8.ToArray();
        _hub.Files["tokenizer.json"] = "{}"u8.ToArray();
        _hub.Files[Weights] = _weights;
        _hub.Files["pytorch_model.bin"] = [1, 2, 3];
        _hub.Files["modeling_tiny.py"] = "import os"u8.ToArray();
        _hub.Files["README.md"] = "# tiny"u8.ToArray();
        _hub.Large.Add(Weights);
    }

    public void Dispose()
    {
        _hub.Dispose();
        Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public void Fetches_named_kinds_of_files_into_the_layout_of_Pythons_tools()
    {
        HubSnapshot snapshot = Pull();
        string root = Path.Combine(_cache, "models--org--tiny");
        Assert.Equal(Path.Combine(root, "snapshots", FakeHub.Commit), snapshot.Folder);
        Assert.Equal(["config.json", Weights, "tokenizer.json"], Directory.GetFiles(snapshot.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(root, "refs", "main")));
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(snapshot.Folder, Weights)));
        string etag = FakeHub.EtagOf(_weights, true);
        Assert.Equal($"../../blobs/{etag}", new FileInfo(Path.Combine(snapshot.Folder, Weights)).LinkTarget);
        Assert.Equal(3, Directory.GetFiles(Path.Combine(root, "blobs")).Length);
        Assert.Equal(["config.json", "tokenizer.json", Weights], snapshot.Files.Select(Path.GetFileName));
        Assert.DoesNotContain(_hub.Log, line => line.Contains(".py", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_there_is_not_fetched_again_and_is_enough_without_a_network()
    {
        Pull();
        _hub.Log.Clear();
        Pull();
        Assert.Single(_hub.Log);
        HubSnapshot offline = Pull(Options() with { IsOffline = true, Endpoint = new Uri("http://127.0.0.1:1") });
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(offline.Folder, Weights)));
        Assert.Contains("HF_HUB_OFFLINE", Assert.Throws<HubException>(() => Pull(Options() with { IsOffline = true }, "org/other")).Message);
    }

    [Fact]
    public void Contents_that_were_cleared_away_are_fetched_again()
    {
        string link = Pull().Files.Single(file => Path.GetFileName(file) == Weights);
        File.Delete(File.ResolveLinkTarget(link, returnFinalTarget: true)!.FullName);
        Assert.DoesNotContain(link, Pull(Options() with { IsOffline = true }).Files);
        Assert.Contains(link, Pull().Files);
        Assert.Equal(_weights, File.ReadAllBytes(link));
    }

    [Theory]
    [InlineData("HF_ENDPOINT", "hub.example.org")]
    [InlineData("HF_ENDPOINT", "ftp://hub.example.org")]
    [InlineData("HF_ENDPOINT", "http://")]
    [InlineData("HF_TOKEN", "hf_one\nhf_two")]
    [InlineData("HF_TOKEN", "hf_é")]
    public void Variables_that_cannot_be_meant_are_named(string name, string value)
    {
        string? before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            Assert.StartsWith(name + " ", Assert.Throws<HubException>(() => new HubOptions()).Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }

    [Fact]
    public void Revisions_are_branches_tags_and_commits()
    {
        Pull(address: "hf:org/tiny@v1");
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(_cache, "models--org--tiny", "refs", "v1")));
        Pull(address: $"org/tiny@{FakeHub.Commit}");
        Assert.False(File.Exists(Path.Combine(_cache, "models--org--tiny", "refs", FakeHub.Commit)));
        Assert.Contains("revision", Assert.Throws<HubException>(() => Pull(address: "org/tiny@gone")).Message);
        foreach ((string address, string revision) in (ReadOnlySpan<(string, string)>)[("org/tiny@refs/pr/1/config.json", "refs/pr/1"), ("org/tiny@feature%2Fx", "feature/x")])
        {
            HubAddress read = HubAddress.Parse(address, HubKind.Model);
            Assert.Equal(revision, read.Revision);
            Assert.Equal(address, read.ToString());
            string file = Assert.Single(Pull(address: address).Files, path => Path.GetFileName(path) == "config.json");
            Assert.Equal(_hub.Files["config.json"], File.ReadAllBytes(file));
            Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(_cache, "models--org--tiny", "refs", revision)));
            Assert.Equal(file, Assert.Single(Pull(Options() with { IsOffline = true }, address).Files, path => Path.GetFileName(path) == "config.json"));
        }

        Assert.Contains("not found", Assert.Throws<HubException>(() => Pull(address: "org/gone")).Message);
    }

    [Fact]
    public void The_token_goes_to_the_hub_alone()
    {
        _hub.Token = "secret";
        Assert.Contains("HF_TOKEN", Assert.Throws<HubException>(() => Pull(Options() with { Token = null })).Message);
        Assert.Contains("does not accept", Assert.Throws<HubException>(() => Pull(Options() with { Token = "wrong" })).Message);
        _hub.Log.Clear();
        Pull(Options() with { Token = "secret" });
        Assert.All(_hub.Log, line => Assert.Equal(line.Contains("127.0.0.1", StringComparison.Ordinal), line.Contains("secret", StringComparison.Ordinal)));
        Assert.Contains(_hub.Log, line => line.Contains($"localhost {Store}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_connection_that_is_cut_is_gone_on_with_where_it_was()
    {
        using var arrived = new SemaphoreSlim(0);
        long bytes = 0;
        for (int i = 0; i < 2; i++)
        {
            _hub.Fail($"GET {Store}", context =>
            {
                int from = context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
                context.Response.StatusCode = from > 0 ? 206 : 200;
                context.Response.AddHeader("Content-Range", $"bytes {from}-{_weights.Length - 1}/{_weights.Length}");
                context.Response.ContentLength64 = _weights.Length - from;
                context.Response.OutputStream.Write(_weights.AsSpan(from, 100_000));
                context.Response.OutputStream.Flush();
                while (Interlocked.Read(ref bytes) < from + 100_000)
                {
                    arrived.Wait();
                }

                context.Response.Abort();
                return true;
            });
        }

        HubSnapshot snapshot = Pull(progress: step =>
        {
            Interlocked.Exchange(ref bytes, step.File == Weights ? step.Bytes : 0);
            arrived.Release();
        });
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(snapshot.Folder, Weights)));
        string[] ranges = [.. _hub.Log.Where(line => line.StartsWith($"GET localhost {Store}", StringComparison.Ordinal)).Select(line => line.Split(' ')[3])];
        Assert.Equal(["", "bytes=100000-", "bytes=200000-"], ranges);
    }

    [Fact]
    public void A_connection_that_is_cut_again_and_again_is_a_failure_that_names_the_file()
    {
        HubOptions options = Options();
        for (int i = 0; i < options.Attempts; i++)
        {
            _hub.Fail($"GET {Store}", context =>
            {
                context.Response.ContentLength64 = _weights.Length;
                context.Response.OutputStream.Write(_weights.AsSpan(0, 1000));
                context.Response.OutputStream.Flush();
                context.Response.Abort();
                return true;
            });
        }

        string message = Assert.Throws<HubException>(() => Pull(options)).Message;
        Assert.StartsWith($"org/tiny/{Weights}: ", message, StringComparison.Ordinal);
        Assert.EndsWith($"gave up after {options.Attempts} attempts", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_a_failure_that_names_the_file()
    {
        string blobs = Path.Combine(_cache, "models--org--tiny", "blobs");
        Directory.CreateDirectory(blobs);
        using FileStream taken = new(Path.Combine(blobs, FakeHub.EtagOf(_weights, true) + ".incomplete"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.StartsWith($"org/tiny/{Weights}: ", Assert.Throws<IOException>(() => Pull()).Message, StringComparison.Ordinal);

        // Asking the hub again would not help.
        Assert.DoesNotContain(_hub.Log, line => line.Contains(Store, StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_kept_is_asked_for_once()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("/dev/full, which says that the disk is full, is not here");
        }

        string blobs = Path.Combine(_cache, "models--org--tiny", "blobs");
        Directory.CreateDirectory(blobs);
        File.CreateSymbolicLink(Path.Combine(blobs, FakeHub.EtagOf(_weights, true) + ".incomplete"), "/dev/full");
        Exception error = Assert.ThrowsAny<IOException>(() => Pull());
        Assert.StartsWith($"org/tiny/{Weights}: ", error.Message, StringComparison.Ordinal);
        Assert.InRange(_hub.Log.Count(line => line.StartsWith($"GET localhost {Store}", StringComparison.Ordinal)), 0, 1);
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_contents_once()
    {
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        _hub.Fail($"GET {Store}", context =>
        {
            begun.Set();
            goOn.Wait();
            return false;
        });
        Task<HubSnapshot> first = Task.Run(() => Pull(), TestContext.Current.CancellationToken);
        begun.Wait(TestContext.Current.CancellationToken);
        Task<HubSnapshot> second = Task.Run(() => Pull(address: "org/tiny@v1"), TestContext.Current.CancellationToken);
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(300, TestContext.Current.CancellationToken)));
        goOn.Set();
        Assert.Equal(_weights, File.ReadAllBytes((await first).Files.Single(file => Path.GetFileName(file) == Weights)));
        Assert.Equal((await first).Files, (await second).Files);
        Assert.Single(_hub.Log, line => line.StartsWith($"GET localhost {Store}", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(_cache, ".locks", "models--org--tiny", FakeHub.EtagOf(_weights, true) + ".lock")));
    }

    [Fact]
    public void Waiting_for_another_pull_can_be_ended()
    {
        string locks = Path.Combine(_cache, ".locks", "models--org--tiny");
        Directory.CreateDirectory(locks);
        using FileStream held = new(Path.Combine(locks, FakeHub.EtagOf(_weights, true) + ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var client = new HubClient(Options());
        Assert.Throws<OperationCanceledException>(() => client.Pull(HubAddress.Parse("org/tiny", HubKind.Model), null, patience.Token));
    }

    [Fact]
    public void The_files_of_every_tokenizer_are_fetched()
    {
        string[] names = ["source.spm", "target.spm", "spm.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model", "tokenizer.model", "vocab.json", "target_vocab.json", "vocab.txt", "merges.txt", "added_tokens.json", "special_tokens_map.json", "qwen.tiktoken"];
        foreach (string name in names)
        {
            _hub.Files[name] = System.Text.Encoding.ASCII.GetBytes(name);
        }

        Assert.Empty(names.Except(Pull().Files.Select(file => Path.GetFileName(file)), StringComparer.Ordinal));
    }

    [Fact]
    public void A_tokenizer_is_fetched_without_the_weights()
    {
        _hub.Files["tiny.gguf"] = [1];
        using var client = new HubClient(Options());
        HubAddress address = HubAddress.Parse("org/tiny", HubKind.Model) with { WithoutWeights = true };
        Assert.Equal(["config.json", "tokenizer.json"], client.Pull(address).Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        _hub.Files.Remove("tokenizer.json");
        _hub.Files.Remove(Weights);
        _hub.Files.Remove("pytorch_model.bin");
        Assert.Equal(["config.json", "tiny.gguf"], client.Pull(address).Files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_hub_that_moved_is_named()
    {
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 308, ("Location", "https://hub.example.org/api/models/org/tiny/revision/main?key=secret"));
        string message = Assert.Throws<HubException>(() => Pull()).Message;
        Assert.Contains("sends on to https://hub.example.org; if the hub is there, set HF_ENDPOINT to it", message);
        _hub.FailWith($"HEAD /org/tiny/resolve/{FakeHub.Commit}/config.json", 302, ("Location", "https://hub.example.org/config.json"));
        Assert.Contains("set HF_ENDPOINT", Assert.Throws<HubException>(() => Pull()).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public void A_hub_that_sends_nothing_more_is_asked_again(int bytes)
    {
        using var end = new ManualResetEventSlim();
        _hub.Fail($"GET {Store}", context =>
        {
            if (bytes > 0)
            {
                context.Response.ContentLength64 = _weights.Length;
                context.Response.OutputStream.Write(_weights.AsSpan(0, bytes));
                context.Response.OutputStream.Flush();
            }

            end.Wait();
            context.Response.Abort();
            return true;
        });
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Pull(Options() with { Patience = TimeSpan.FromSeconds(1) }).Folder, Weights)));
        end.Set();
    }

    [Fact]
    public void A_partial_file_of_an_earlier_run_is_gone_on_with()
    {
        string blobs = Path.Combine(_cache, "models--org--tiny", "blobs");
        Directory.CreateDirectory(blobs);
        string partial = Path.Combine(blobs, FakeHub.EtagOf(_weights, true) + ".incomplete");
        File.WriteAllBytes(partial, _weights[..123_456]);
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Pull().Folder, Weights)));
        Assert.Contains(_hub.Log, line => line.Contains("bytes=123456-", StringComparison.Ordinal));
        Assert.False(File.Exists(partial));
    }

    [Fact]
    public void Contents_that_differ_from_their_hash_are_fetched_anew_and_never_kept()
    {
        byte[] wrong = [.. _weights];
        wrong[1000] ^= 1;
        Action fail = () => _hub.Fail($"GET {Store}", context =>
        {
            context.Response.ContentLength64 = wrong.Length;
            context.Response.OutputStream.Write(wrong);
            context.Response.Close();
            return true;
        });
        fail();
        Assert.Equal(_weights, File.ReadAllBytes(Path.Combine(Pull().Folder, Weights)));

        Directory.Delete(Path.Combine(_cache, "models--org--tiny"), recursive: true);
        for (int i = 0; i < 5; i++)
        {
            fail();
        }

        Assert.Contains("differ from their hash", Assert.Throws<HubException>(() => Pull()).Message);
        Assert.False(File.Exists(Path.Combine(_cache, "models--org--tiny", "blobs", FakeHub.EtagOf(_weights, true))));
    }

    [Fact]
    public void Small_files_are_checked_against_the_hash_of_git()
    {
        for (int i = 0; i < 5; i++)
        {
            _hub.Fail($"GET /org/tiny/resolve/{FakeHub.Commit}/config.json", context =>
            {
                context.Response.OutputStream.Write(new byte[_hub.Files["config.json"].Length]);
                context.Response.Close();
                return true;
            });
        }

        Assert.Contains("config.json", Assert.Throws<HubException>(() => Pull()).Message);
    }

    [Fact]
    public void A_hub_that_is_busy_is_asked_again_when_it_says()
    {
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 429, ("Retry-After", "0"));
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 503);
        _hub.FailWith($"HEAD /org/tiny/resolve/{FakeHub.Commit}/config.json", 500);
        Pull();
        for (int i = 0; i < 5; i++)
        {
            _hub.FailWith("GET /api/models/org/tiny/revision/main", 429, ("Retry-After", "0"));
        }

        Assert.Contains("429", Assert.Throws<HubException>(() => Pull()).Message);
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 429, ("Retry-After", "3600"));
        Assert.Contains("3600 s", Assert.Throws<HubException>(() => Pull()).Message);
    }

    [Fact]
    public void Redirections_are_followed_to_an_end()
    {
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 307, ("Location", $"/api/models/org/tiny/revision/{FakeHub.Commit}"));
        Pull();
        for (int i = 0; i < 10; i++)
        {
            _hub.FailWith("GET /api/models/org/tiny/revision/main", 307, ("Location", "/api/models/org/tiny/revision/main"));
        }

        Assert.Contains("not followed", Assert.Throws<HubException>(() => Pull()).Message);
        using var other = new FakeHub();
        other.FailWith("GET /api/models/org/tiny/revision/main", 302, ("Location", "file:///etc/passwd"));
        Assert.Throws<HubException>(() => Pull(Options() with { Endpoint = other.Endpoint }));
    }

    [Fact]
    public void Gated_repositories_say_what_to_do()
    {
        _hub.FailWith("GET /api/models/org/tiny/revision/main", 403, ("X-Error-Code", "GatedRepo"));
        Assert.Contains("access has to be asked for", Assert.Throws<HubException>(() => Pull()).Message);
    }

    [Theory]
    [InlineData("../../escape/config.json")]
    [InlineData("/etc/config.json")]
    [InlineData("a/../config.json")]
    [InlineData("a\\config.json")]
    public void Paths_out_of_the_folder_are_refused(string path)
    {
        _hub.Files[path] = [1];
        Assert.Contains("inside its folder", Assert.Throws<HubException>(() => Pull()).Message);
    }

    [Fact]
    public void Hashes_that_are_no_names_are_refused()
    {
        _hub.FailWith($"HEAD /org/tiny/resolve/{FakeHub.Commit}/config.json", 200, ("ETag", "\"../../x\""));
        Assert.Contains("expected a hash", Assert.Throws<HubException>(() => Pull()).Message);
        _hub.Fail("GET /api/models/org/tiny/revision/main", context =>
        {
            context.Response.OutputStream.Write("{\"sha\": \"../../x\", \"siblings\": []}"u8);
            context.Response.Close();
            return true;
        });
        Assert.Contains("as the commit", Assert.Throws<HubException>(() => Pull()).Message);
        Assert.Contains("none of its", Assert.Throws<HubException>(() => Pull(address: "org/tiny/nothing")).Message);
    }

    [Fact]
    public void One_of_several_GGUF_files_has_to_be_named()
    {
        foreach (string name in _hub.Files.Keys.ToArray())
        {
            _hub.Files.Remove(name);
        }

        _hub.Files["tiny.Q4_K.gguf"] = [1];
        _hub.Files["tiny.Q8_0.gguf"] = [2];
        Assert.Contains("org/tiny/tiny.Q4_K.gguf", Assert.Throws<HubException>(() => Pull()).Message);
        Assert.Equal([2], File.ReadAllBytes(Assert.Single(Pull(address: "org/tiny/tiny.Q8_0.gguf").Files)));
    }

    [Fact]
    public void Weights_are_chosen_in_each_folder_by_itself()
    {
        _hub.Files.Clear();
        string[] wanted =
        [
            "adapter_config.json", "adapter_model.bin", "additional_chat_templates/tool_use.jinja", "config.json", "pytorch_model.bin", "1_Dense/model.safetensors", "2_Dense/pytorch_model.bin",
            "other/adapter_model.safetensors", "other/pytorch_model.bin",
        ];
        foreach (string name in (ReadOnlySpan<string>)[.. wanted, "1_Dense/pytorch_model.bin", "1_Dense/old/model.gguf", "other/adapter_model.bin", "tiny.gguf", "templates/other.jinja"])
        {
            _hub.Files[name] = System.Text.Encoding.ASCII.GetBytes(name);
        }

        HubSnapshot snapshot = Pull();
        Assert.Equal(wanted.Order(StringComparer.Ordinal), snapshot.Files.Select(file => Path.GetRelativePath(snapshot.Folder, file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_without_a_size_has_an_end()
    {
        const string Question = $"/org/tiny/resolve/{FakeHub.Commit}/config.json";
        for (int i = 0; i < 2; i++)
        {
            _hub.Fail($"HEAD {Question}", context =>
            {
                context.Response.SendChunked = true;
                context.Response.AddHeader("ETag", "\"some-name\"");
                context.Response.Close();
                return true;
            });
        }

        _hub.Fail($"GET {Question}", context =>
        {
            context.Response.SendChunked = true;
            while (true)
            {
                context.Response.OutputStream.Write(_weights);
            }
        });
        string message = Assert.Throws<HubException>(() => Pull(Options() with { MaxUnsizedBytes = 1 << 20 })).Message;
        Assert.Contains("config.json: the hub does not say how large the file is, and sends more than 1048576 bytes", message, StringComparison.Ordinal);
        Assert.Contains(Pull().Files, file => Path.GetFileName(file) == "config.json");
    }

    [Fact]
    public void Data_sets_have_their_own_place()
    {
        _hub.Files["data/train-00000-of-00002.parquet"] = [1];
        _hub.Files["data/train-00001-of-00002.parquet"] = [2];
        _hub.Files["data/test-00000-of-00001.parquet"] = [3];
        using var client = new HubClient(Options());
        HubSnapshot snapshot = client.Pull(HubAddress.Parse("hf:org/tiny/data/train", HubKind.Dataset), null, TestContext.Current.CancellationToken);
        Assert.Equal([[1], [2]], snapshot.Files.Select(File.ReadAllBytes));
        Assert.StartsWith(Path.Combine(_cache, "datasets--org--tiny"), snapshot.Folder, StringComparison.Ordinal);
        Assert.Contains(_hub.Log, line => line.Contains("/datasets/org/tiny/resolve/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("name")]
    [InlineData("org/name/../x")]
    [InlineData("org/..")]
    [InlineData("/org/name")]
    [InlineData("org/name@../x")]
    [InlineData("org/name@a%2F..%2Fx")]
    [InlineData("org/name@refs/pr/..")]
    [InlineData("org/name@a%2F")]
    [InlineData("org/name?x=1")]
    public void Texts_that_are_no_address_are_refused(string text) => Assert.Throws<HubException>(() => HubAddress.Parse(text, HubKind.Model));

    [Fact]
    public void A_hub_that_is_not_there_says_so()
    {
        string message = Assert.Throws<HubException>(() => Pull(Options() with { Endpoint = new Uri("http://127.0.0.1:1"), Attempts = 2 })).Message;
        Assert.Contains("cannot be reached", message);
        Assert.Contains("HF_HUB_OFFLINE", message);
    }

    private HubOptions Options() => new() { Endpoint = _hub.Endpoint, Cache = _cache, Token = null, IsOffline = false, RetryDelay = TimeSpan.FromMilliseconds(5) };

    private HubSnapshot Pull(HubOptions? options = null, string address = "org/tiny", Action<HubProgress>? progress = null)
    {
        using var client = new HubClient(options ?? Options());
        return client.Pull(HubAddress.Parse(address, HubKind.Model), progress, TestContext.Current.CancellationToken);
    }
}
