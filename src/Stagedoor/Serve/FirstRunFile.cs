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
    internal static void Write(string folder, FirstRun run) => SecretFiles.Write(
        Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(run, FirstRunJson.Default.FirstRun));

    internal static FirstRun? Find(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, Name)), FirstRunJson.Default.FirstRun);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // Its owner has taken it away, or changed it; nothing depends on it.
            return null;
        }
    }

    internal static void Delete(string folder) => File.Delete(Path.Combine(folder, Name));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(FirstRun))]
internal sealed partial class FirstRunJson : JsonSerializerContext;
