using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Serve;

/// <summary>What a first start creates, as it is printed once and kept in <c>first-run.json</c>.</summary>
public sealed record FirstRun(
    string Url,
    string Domain,
    string DomainId,
    string Project,
    string ProjectId,
    string User,
    string UserId,
    string Password,
    string AccessKey,
    string SecretKey,
    string RegistryUser,
    string RegistryKey);

/// <summary>Keeps <see cref="FirstRun"/> where only its owner can read it.</summary>
internal static class FirstRunFile
{
    internal const string Name = "first-run.json";

    // A start that died before its account was committed leaves the file of an account that never was: it is replaced.
    internal static Task WriteAsync(string folder, FirstRun run, CancellationToken cancellationToken) => SecretFiles.WriteAsync(
        Path.Combine(folder, Name), stream => JsonSerializer.SerializeAsync(stream, run, FirstRunJson.Default.FirstRun, cancellationToken));

    internal static FirstRun? Find(string folder)
    {
        var path = Path.Combine(folder, Name);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), FirstRunJson.Default.FirstRun) : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(FirstRun))]
internal sealed partial class FirstRunJson : JsonSerializerContext;
