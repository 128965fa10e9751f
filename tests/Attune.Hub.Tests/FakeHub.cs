using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Attune.Hub.Tests;

/// <summary>A hub on this machine: repositories in memory, large files on another host name as the real hub has them, and faults on request.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<HttpListenerContext, bool>>> _faults = new();
    private readonly int _port;

    public FakeHub()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _listener.Prefixes.Add($"http://localhost:{_port}/");
        _listener.Start();
        _ = Task.Run(Serve);
    }

    public Uri Endpoint => new($"http://127.0.0.1:{_port}");

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Files that are named by their SHA-256 and stand on the other host.</summary>
    public HashSet<string> Large { get; } = [];

    public string? Token { get; set; }

    /// <summary>Lines <c>METHOD host path range authorization</c> of all questions.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Answers the next question for a path (as in the log) in another way; true when the fault gave the whole answer.</summary>
    public void Fail(string question, Func<HttpListenerContext, bool> answer) => _faults.GetOrAdd(question, _ => new()).Enqueue(answer);

    public void FailWith(string question, int status, params (string Name, string Value)[] headers) => Fail(question, context =>
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers)
        {
            context.Response.AddHeader(name, value);
        }

        context.Response.Close();
        return true;
    });

#pragma warning disable CA5350 // git's names of contents
    public static string EtagOf(byte[] contents, bool isLarge) => isLarge
        ? Convert.ToHexStringLower(SHA256.HashData(contents))
        : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {contents.Length}\0"), .. contents]));
#pragma warning restore CA5350

    public void Dispose() => _listener.Close();

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => Answer(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            HttpListenerRequest request = context.Request;
            string path = request.Url!.AbsolutePath;
            string question = $"{request.HttpMethod} {path}";
            Log.Enqueue($"{request.HttpMethod} {request.Url.Host} {path} {request.Headers["Range"]} {request.Headers["Authorization"]}");
            if (_faults.TryGetValue(question, out ConcurrentQueue<Func<HttpListenerContext, bool>>? faults) && faults.TryDequeue(out Func<HttpListenerContext, bool>? fault) && fault(context))
            {
                return;
            }

            if (Token is not null && request.Url.Host == "127.0.0.1" && request.Headers["Authorization"] != $"Bearer {Token}")
            {
                context.Response.StatusCode = 401;
            }
            else if (path.StartsWith("/api/", StringComparison.Ordinal))
            {
                List(context, path);
            }
            else
            {
                Contents(context, request, path);
            }

            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The client went away, as some tests want.
        }
    }

    private void List(HttpListenerContext context, string path)
    {
        string[] parts = path.Split('/');
        if (parts is not ["", "api", "models" or "datasets", "org", "tiny", "revision", "main" or "v1" or "refs%2Fpr%2F1" or "feature%2Fx" or Commit])
        {
            context.Response.StatusCode = 404;
            context.Response.AddHeader("X-Error-Code", parts[4] == "tiny" ? "RevisionNotFound" : "RepoNotFound");
            return;
        }

        var json = new JsonObject { ["sha"] = Commit, ["siblings"] = new JsonArray([.. Files.Keys.Select(name => new JsonObject { ["rfilename"] = name })]) };
        context.Response.OutputStream.Write(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    private void Contents(HttpListenerContext context, HttpListenerRequest request, string path)
    {
        string marker = $"/resolve/{Commit}/";
        int at = path.IndexOf(marker, StringComparison.Ordinal);
        string name = Uri.UnescapeDataString(at < 0 ? path["/store/".Length..] : path[(at + marker.Length)..]);
        if (!Files.TryGetValue(name, out byte[]? contents))
        {
            context.Response.StatusCode = 404;
            return;
        }

        bool isLarge = Large.Contains(name);
        if (at >= 0 && isLarge)
        {
            context.Response.StatusCode = 302;
            context.Response.AddHeader("X-Linked-Etag", $"\"{EtagOf(contents, true)}\"");
            context.Response.AddHeader("X-Linked-Size", $"{contents.Length}");
            context.Response.AddHeader("Location", $"http://localhost:{_port}/store/{name}");
            return;
        }

        context.Response.AddHeader("ETag", $"\"{EtagOf(contents, isLarge)}\"");
        int from = request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{contents.Length - 1}/{contents.Length}");
        }

        context.Response.ContentLength64 = contents.Length - from;
        if (request.HttpMethod == "GET")
        {
            context.Response.OutputStream.Write(contents.AsSpan(from));
        }
    }
}
