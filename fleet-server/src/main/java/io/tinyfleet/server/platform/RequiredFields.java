package io.tinyfleet.server.platform;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationValue;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.RecordComponentInfo;
import org.jspecify.annotations.Nullable;

/**
 * Says of the records we answer with what the code says: a component is always there unless it is Optional or
 * nullable. Clients made from the description then need not ask. Requests say it themselves, by their validation.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class RequiredFields implements OASFilter {
    private static final DotName SCHEMA =
            DotName.createSimple(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
    private static final DotName NULLABLE = DotName.createSimple(Nullable.class);
    private static final DotName OPTIONAL = DotName.createSimple(Optional.class);
    private static final String OURS = "io.tinyfleet.";

    /** By schema name: records in different classes may share one, and then differ in their components. */
    private final Map<String, List<ClassInfo>> records = new HashMap<>();

    public RequiredFields(IndexView index) {
        for (ClassInfo type : index.getKnownClasses()) {
            if (type.isRecord()
                    && type.name().toString().startsWith(OURS)
                    && !type.simpleName().endsWith("Request")) {
                records.computeIfAbsent(schemaName(type), any -> new ArrayList<>())
                        .add(type);
            }
        }
    }

    @Override
    public void filterOpenAPI(OpenAPI api) {
        if (api.getComponents() == null || api.getComponents().getSchemas() == null) {
            return;
        }
        api.getComponents().getSchemas().forEach((name, schema) -> {
            if (schema.getProperties() != null) {
                require(schema, records.getOrDefault(name, List.of()));
            }
        });
    }

    private static void require(Schema schema, List<ClassInfo> namesakes) {
        Set<String> properties = schema.getProperties().keySet();
        List<ClassInfo> candidates = namesakes.stream()
                .filter(type -> names(type).equals(properties))
                .toList();
        if (candidates.isEmpty()) {
            return;
        }
        List<String> present = candidates.get(0).recordComponentsInDeclarationOrder().stream()
                .map(RecordComponentInfo::name)
                .filter(name -> candidates.stream().noneMatch(type -> mayBeAbsent(type.recordComponent(name))))
                .toList();
        if (!present.isEmpty()) {
            schema.setRequired(present);
        }
    }

    private static Set<String> names(ClassInfo type) {
        return type.recordComponents().stream().map(RecordComponentInfo::name).collect(Collectors.toSet());
    }

    private static boolean mayBeAbsent(RecordComponentInfo component) {
        return component.type().name().equals(OPTIONAL)
                || component.type().hasAnnotation(NULLABLE)
                || component.hasAnnotation(NULLABLE);
    }

    private static String schemaName(ClassInfo type) {
        AnnotationInstance schema = type.declaredAnnotation(SCHEMA);
        AnnotationValue name = schema == null ? null : schema.value("name");
        return name == null ? type.simpleName() : name.asString();
    }
}
