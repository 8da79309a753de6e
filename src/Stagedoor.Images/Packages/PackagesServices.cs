using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary>Software packages: repositories of them, their versions, files and signatures.</summary>
internal static class PackagesServices
{
    public const string Section = "Images:Packages";

    /// <summary>The addresses; the second is another name of the first.</summary>
    public static IReadOnlyList<string> Prefixes { get; } = ["/swr/v2/domains", "/v2/domains"];

    public static void AddPackages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PackageOptions>().Bind(configuration.GetSection(Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PackageOptions>, PackageOptionsValidator>();
        services.AddSingleton<PackageGate>();
        services.AddSingleton<PackagePlaces>();
        services.AddSingleton<PackageAccess>();
        services.AddSingleton<PackageChanges>();
        services.AddSingleton<PackageRepositoryStore>();
        services.AddSingleton<PackageStore>();
        services.AddSingleton<PackageFileStore>();
        services.AddSingleton<PackageContent>();
        services.AddSingleton<PackageMeta>();
        services.AddSingleton<PackageKeys>();
        services.AddSingleton<PackageSignatures>();
        services.AddSingleton<PackageIntake>();
        services.AddSingleton<UploadPackageFile>();
        services.AddSingleton<DownloadPackageFile>();
        services.AddSingleton<IBlobOwner, PackageBlobs>();
        services.AddSingleton<PackageDownloads>();
        services.AddHostedService(static provider => provider.GetRequiredService<PackageDownloads>());
    }

    public static void MapPackages(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in Prefixes)
        {
            // Else the registry's route would take the path for the name of an image.
            routes.Map(prefix + "/{**rest}", static (HttpContext context) => ImagesError.UrlNotFound(context.Request.Method, context.Request.Path.Value!))
                .OfService("images")
                .Authenticate(AuthMode.None)
                .NotAudited("there is nothing there to change")
                .CanFail(ImagesCodes.UrlNotFound)
                .ExcludeFromDescription();
            var group = routes.MapGroup(prefix + "/{domain}/namespaces/{namespace}")
                .OfService("images")
                .Authenticate(AuthMode.Passthrough)
                .Takes(ApiCredential.Token, ApiCredential.Signature, ApiCredential.Basic)
                .GuardPackages()
                .SpeaksJson(PackagesJson.Wire)
                .PathParameter("domain", "The name of the account.")
                .PathParameter("namespace", "The name of the organization.")
                .PathParameter("repository", "The name of the repository of packages, often default.")
                .PathParameter("package", "The name of the package.")
                .PathParameter("version", "The version.")
                .PathParameter("file", "The name of the file.");
            MapOperations(string.Equals(prefix, Prefixes[0], StringComparison.Ordinal) ? group : group.Nameless());
        }
    }

    private static void MapOperations(IEndpointRouteBuilder routes)
    {
        CreatePackageRepository.Map(routes);
        ListPackageRepositories.Map(routes);
        ShowPackageRepository.Map(routes);
        UpdatePackageRepository.Map(routes);
        DeletePackageRepository.Map(routes);
        CreatePackage.Map(routes);
        ListPackages.Map(routes);
        ShowPackage.Map(routes);
        UpdatePackage.Map(routes);
        DeletePackage.Map(routes);
        CreatePackageVersion.Map(routes);
        ListPackageVersions.Map(routes);
        ShowPackageVersion.Map(routes);
        UpdatePackageVersion.Map(routes);
        DeletePackageVersion.Map(routes);
        UploadPackageFile.Map(routes);
        DownloadPackageFile.Map(routes);
        ListPackageFiles.Map(routes);
        DeletePackageFile.Map(routes);
        GetPackageMeta.Map(routes);
        SignPackageMeta.Map(routes);
        GetPackagePublicKey.Map(routes);
        CreatePackageSignature.Map(routes);
        ShowPackageSignature.Map(routes);
        DeletePackageSignature.Map(routes);
    }

    // Another address of the same operations has no names of its own, and no place in the documents. Each says itself what it is in records.
    private static RouteGroupBuilder Nameless(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(static builder =>
        {
            foreach (var name in builder.Metadata.OfType<IEndpointNameMetadata>().Cast<object>().ToList())
            {
                builder.Metadata.Remove(name);
            }
        });
        return group.WithMetadata(new ExcludeFromDescriptionAttribute());
    }
}
