using System.CommandLine;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Spectre.Console;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary>The options with which a verb finds a running server and says who asks; and the client that they make.</summary>
internal static class ServerConnection
{
    internal const string ServerVariable = "STAGEDOOR_SERVER";
    internal const string AccessKeyVariable = "STAGEDOOR_ACCESS_KEY";
    internal const string SecretKeyVariable = "STAGEDOOR_SECRET_KEY";

    private const int MaxAuthorities = 1 << 20;

    private static readonly Option<string?> s_server = new("--server")
    {
        Description = $"The running server's address (variable {ServerVariable}; else the one that has the folder of --data).",
        HelpName = "URL",
    };

    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation, where address and keys of first-run.json are looked for (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_accessKey = new("--access-key") { Description = $"Who asks, by access key (variable {AccessKeyVariable}).", HelpName = "AK" };
    private static readonly Option<string?> s_secretKeyFile = new("--secret-key-file") { Description = $"File with its secret key, - for standard input (variable {SecretKeyVariable} holds the key itself).", HelpName = "FILE" };
    private static readonly Option<string?> s_user = new("--as") { Description = "Who asks, by name; the password is asked for, or in --as-password-file.", HelpName = "USER" };
    private static readonly Option<string?> s_account = new("--account") { Description = "The account of --as (default: that of first-run.json, else stagedoor).", HelpName = "NAME" };
    private static readonly Option<string?> s_passwordFile = new("--as-password-file") { Description = "File with the password of --as, - for standard input.", HelpName = "FILE" };
    private static readonly Option<string?> s_ca = new("--ca") { Description = "PEM file with the authority of the server's certificate.", HelpName = "FILE" };
    private static readonly Option<bool> s_insecure = new("--insecure") { Description = "Take whatever certificate the server shows." };
    private static readonly Option<int> s_timeout = new Option<int>("--timeout") { Description = "Seconds that one call may take.", HelpName = "SECONDS", DefaultValueFactory = static _ => 30 }.Between(1, 3600, " seconds");

    /// <summary>To be added to each verb that speaks to a server.</summary>
    internal static IReadOnlyList<Option> Options { get; } =
        [s_server, s_data, s_accessKey, s_secretKeyFile, s_user, s_account, s_passwordFile, s_ca, s_insecure, s_timeout];

    /// <summary>Variables that are read here, and are no settings.</summary>
    internal static bool Reads(string variable) => variable is ServerVariable or AccessKeyVariable or SecretKeyVariable;

    /// <summary>The server that the line, the environment or the data folder names, greeted, with who asks.</summary>
    /// <exception cref="CommandException">There is none, or nobody to ask as.</exception>
    internal static async Task<ServerClient> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var folder = Folder(parsed.GetValue(s_data));
        var firstRun = FirstRunFile.Find(folder);
        var (keys, user) = Credentials(parsed, folder, firstRun);
        var address = Address(parsed.GetValue(s_server), folder, firstRun);
#pragma warning disable CA2000 // The client disposes of its handler.
        var client = new ServerClient(address, Handler(parsed, new(address)), TimeSpan.FromSeconds(parsed.GetValue(s_timeout)), TimeProvider.System);
#pragma warning restore CA2000
        try
        {
            await client.GreetAsync(cancellationToken);
            if (keys is { } pair)
            {
                client.Use(pair.AccessKey, pair.SecretKey);
            }
            else
            {
                var password = parsed.GetValue(s_passwordFile) is { } file ? SecretText.Read(file) : Ask(user!);
                await client.LogInAsync(parsed.GetValue(s_account) ?? firstRun?.Domain ?? "stagedoor", user!, password, cancellationToken);
            }

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static string Folder(string? data)
    {
        using var configuration = new ConfigurationManager();
        ServeConfiguration.Collect(configuration, new() { Data = data });
        return Path.GetFullPath(configuration["Data"]!);
    }

    private static string Address(string? named, string folder, FirstRun? firstRun)
    {
        var text = Given(named) ?? Given(Environment.GetEnvironmentVariable(ServerVariable)) ?? FindRunning(folder) ?? firstRun?.Url
            ?? throw new CommandException(
                $"Which server? Name it with --server URL or {ServerVariable}, or its folder with --data: nothing runs in {folder}.", ExitCode.Usage);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { Query: "", Fragment: "", UserInfo: "", AbsolutePath: "/" }
            ? uri.GetLeftPart(UriPartial.Authority)
            : throw new CommandException($"'{MaskedText.Of(text)}' is no server's address. Write, for example, http://127.0.0.1:8080.", ExitCode.Usage);
    }

    // Where it listens on everything it is reached on the loopback.
    private static string? FindRunning(string folder)
    {
        try
        {
            return DataDirectory.FindRunning(folder)?.Url?
                .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal).Replace("//[::]:", "//[::1]:", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or System.Text.Json.JsonException)
        {
            // Another user's folder says nothing.
            return null;
        }
    }

    private static ((string AccessKey, string SecretKey)? Keys, string? User) Credentials(ParseResult parsed, string folder, FirstRun? firstRun)
    {
        var (accessKey, user) = (Given(parsed.GetValue(s_accessKey)), Given(parsed.GetValue(s_user)));
        if (accessKey is not null && user is not null)
        {
            throw new CommandException("--access-key and --as are two ways to say who asks: use one of them.", ExitCode.Usage);
        }

        if (user is not null)
        {
            return (null, user);
        }

        if ((accessKey ?? Given(Environment.GetEnvironmentVariable(AccessKeyVariable))) is { } key)
        {
            var secret = parsed.GetValue(s_secretKeyFile) is { } file ? SecretText.Read(file) : Given(Environment.GetEnvironmentVariable(SecretKeyVariable));
            return secret is null
                ? throw new CommandException($"The access key {key} needs its secret key: in the file of --secret-key-file, or in the variable {SecretKeyVariable}.", ExitCode.Usage)
                : ((KeyText("The access key", key, ','), KeyText("The secret key", secret, default)), null);
        }

        return firstRun is not null
            ? ((firstRun.AccessKey, firstRun.SecretKey), null)
            : throw new CommandException(
                $"Who asks? Give --access-key and --secret-key-file, the variables {AccessKeyVariable} and {SecretKeyVariable}, or --as USER: {Path.Combine(folder, FirstRunFile.Name)} cannot be read.",
                ExitCode.Usage);
    }

    // The access key stands in a header, in a list with commas; what holds anything else was copied wrongly.
    private static string KeyText(string what, string text, char separator) => text.All(c => char.IsBetween(c, '!', '~') && c != separator)
        ? text
        : throw new CommandException($"{what} has a character in it that no key has, such as a space or an end of line. Copy it again.", ExitCode.Usage);

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Ask(string user)
    {
        if (Console.IsInputRedirected)
        {
            throw new CommandException("There is no terminal to ask for a password: name its file with --as-password-file (- is standard input).", ExitCode.Usage);
        }

        // Standard output is for what was asked for.
        var terminal = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Prompt(new TextPrompt<string>($"Password of {Markup.Escape(user)}:").Secret(null));
    }

    private static SocketsHttpHandler Handler(ParseResult parsed, Uri server)
    {
        var (file, insecure) = (parsed.GetValue(s_ca), parsed.GetValue(s_insecure));
        if (file is not null && insecure)
        {
            throw new CommandException("--ca and --insecure exclude each other.", ExitCode.Usage);
        }

        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(parsed.GetValue(s_timeout)),
            // A proxy would read what is said in the clear, and has a loopback of its own.
            UseProxy = server is { Scheme: "https", IsLoopback: false },
        };
        if (insecure)
        {
#pragma warning disable CA5359 // The person at the terminal has asked for it by name.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (file is not null)
        {
            var authorities = Authorities(file);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, authorities);
        }

        return handler;
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            using var reader = File.OpenText(file);
            var text = new char[MaxAuthorities + 1];
            var length = reader.ReadBlock(text);
            if (length > MaxAuthorities)
            {
                throw new CommandException($"{file} is no file for --ca: it has more than 1 MiB.", ExitCode.Usage);
            }

            authorities.ImportFromPem(text.AsSpan(0, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException($"The file of --ca cannot be read: {e.Message}", ExitCode.Usage, e);
        }

        return authorities.Count > 0 ? authorities : throw new CommandException($"{file} holds no certificate in PEM.", ExitCode.Usage);
    }

    private static bool IsTrusted(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (errors is SslPolicyErrors.None)
        {
            return true;
        }

        // Docker, Go and browsers look at these names alone.
        if (certificate is X509Certificate2 nameless && !ServerCertificate.HasNames(nameless))
        {
            throw new AuthenticationException("the certificate names no host: it has no subjectAltName");
        }

        // The name must be right whoever has signed it.
        if (certificate is not X509Certificate2 shown || errors is not SslPolicyErrors.RemoteCertificateChainErrors)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in sent?.ChainElements.Skip(1) ?? [])
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        // What the system does by itself where no authority is named.
        chain.ChainPolicy.ApplicationPolicy.Add(new(ServerCertificate.ForServers));
        return chain.Build(shown);
    }
}
